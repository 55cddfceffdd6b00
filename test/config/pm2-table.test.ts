import { createRequire } from 'node:module';
import test from 'ava';
import { namesOf, PM2_TABLE } from '../../src/platforms/pm2/ecosystem/field-table.js';

/** pm2's own schema, with the aliases that its own code adds to it. */
const { schema } = createRequire(import.meta.url)('pm2/lib/tools/Config.js') as {
  schema: Record<string, { type: string | string[]; alias?: string[] }>;
};

test("the table has every field of pm2's schema and no other", (t) => {
  t.deepEqual(PM2_TABLE.map((field) => field.name).sort(), Object.keys(schema).sort());
});

test("each field has pm2's types; instances may be a text, which pm2 turns into a number first", (t) => {
  for (const field of PM2_TABLE) {
    const types = [schema[field.name]!.type].flat();
    const expected = field.name === 'instances' ? [...types, 'string'] : types;
    t.deepEqual([...field.types].sort(), expected.sort(), field.name);
  }
});

test('each field is known by every alias that pm2 takes it by', (t) => {
  for (const field of PM2_TABLE) {
    const missing = (schema[field.name]!.alias ?? []).filter((alias) => !namesOf(field).includes(alias));
    t.deepEqual(missing, [], field.name);
  }
});

test('each row says what becomes of the field, and an ignored one why', (t) => {
  for (const { name, treatment, ours, doc } of PM2_TABLE) {
    t.true(doc.length > 0, name);
    t.is(ours === '', treatment === 'ignored', name);
  }
});
