import { realpathSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import test from 'ava';
import { keepBeside, requireBeside } from '../../src/system/require-beside.js';
import { privateDir } from '../helpers/cluster.js';
import { tempDir } from '../helpers/spool.js';

const { cache } = createRequire(import.meta.url);

test('there is one copy of a bundle in a process, and who walks through require.cache does not meet it', (t) => {
  const file = join(tempDir(t), 'bundle.cjs');
  writeFileSync(file, 'globalThis.__runs = (globalThis.__runs ?? 0) + 1; exports.run = globalThis.__runs;');
  t.teardown(() => Reflect.deleteProperty(globalThis, '__runs'));
  t.deepEqual(requireBeside(file), { run: 1 });
  t.is(requireBeside(file), requireBeside(file));
  t.deepEqual(createRequire(import.meta.url)(file), { run: 1 }, 'another bundle that requires it by its path');
  t.false(Object.keys(cache).includes(file));
  t.true(Object.getOwnPropertyNames(cache).includes(file));
});

test('what was compiled is kept at the exit, of each bundle that was loaded', (t) => {
  const dir = tempDir(t);
  process.env.XDG_CACHE_HOME = join(realpathSync(privateDir(t)), 'cache');
  for (const name of ['one', 'two']) {
    writeFileSync(join(dir, `${name}.cjs`), `exports.name = '${name}';`);
    requireBeside(join(dir, `${name}.cjs`));
  }
  const exits: ((code: number) => void)[] = [];
  keepBeside((then) => void exits.push(then));
  t.true(exits.length >= 2);
});

test('a bundle that throws is not taken for one that is there', (t) => {
  const file = join(tempDir(t), 'broken.cjs');
  writeFileSync(file, "throw new Error('broken');");
  for (const _ of [1, 2]) t.throws(() => requireBeside(file), { message: 'broken' });
  t.is(cache[file], undefined);
});
