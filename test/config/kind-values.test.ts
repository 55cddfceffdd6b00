import { Ajv2020 } from 'ajv/dist/2020.js';
import test from 'ava';
import { validateOptions } from '../../src/config/file-schema.js';
import { configSchema } from '../../src/config/json-schema.js';
import { KINDS, type Kind, type Raw } from '../../src/config/kinds.js';
import { envNameOf, fileKeyOf } from '../../src/config/option-row.js';
import { ROWS } from '../../src/config/options.js';
import { resolveOptions, show } from '../../src/config/resolve.js';
import { KfError } from '../../src/contract/errors.js';

/** What a config file may say, each with what it means, and what it may not. */
interface Cases {
  readonly good: readonly (readonly [raw: Raw, value: unknown])[];
  readonly bad: readonly unknown[];
}

const MB = 1_048_576;
const CASES: Readonly<Partial<Record<Kind, Cases>>> = {
  boolean: {
    good: [
      [true, true],
      [false, false],
    ],
    bad: ['maybe', '', 2, null, [], {}],
  },
  'boolean-or-auto': {
    good: [
      [true, true],
      ['auto', 'auto'],
    ],
    bad: ['sometimes', '', 2],
  },
  count: {
    good: [
      [0, 0],
      [1_000_000, 1_000_000],
    ],
    bad: [-1, 1.5, 1_000_001, 'many', true, '', Number.NaN],
  },
  duration: {
    good: [
      ['0', 0],
      ['1.5s', 1_500],
      ['2m', 120_000],
      [0, 0],
    ],
    bad: ['3', '5 sec', '1m30s', '-1s', -1, true, '', '5S', 30, 250],
  },
  backoff: { good: [['100ms..30s', { initialMs: 100, maxMs: 30_000 }]], bad: ['100ms', '1s..2s..3s', '', 5, '1s-2s'] },
  size: {
    good: [
      ['512MB', 512 * MB],
      ['1.5g', 1.5 * 1_024 * MB],
      ['7b', 7],
      [2_000_000, 2_000_000],
      ['1000000', 1_000_000],
    ],
    bad: ['', '5TB', 'much', -1, true, 10, '10', 999_999, '999999'],
  },
  percent: {
    good: [
      ['0', 0],
      ['10%', 0.1],
      ['100%', 1],
      [25, 0.25],
    ],
    bad: ['50', '', '-1%', 101, 'half', true],
  },
  port: {
    good: [
      [0, 0],
      [65_535, 65_535],
    ],
    bad: [65_536, -1, 'http', 1.5, ''],
  },
  text: {
    good: [
      ['x', 'x'],
      [7, '7'],
    ],
    bad: [true, [], {}],
  },
  path: { good: [['a/b', '/srv/a/b']], bad: ['', 5, true, []] },
  paths: {
    good: [
      ['a,/b', ['/srv/a', '/b']],
      [
        ['c', 'd'],
        ['/srv/c', '/srv/d'],
      ],
    ],
    bad: [5, true, {}],
  },
  list: {
    good: [
      ['a, b', ['a', 'b']],
      [['a,b'], ['a,b']],
    ],
    bad: [5, true, {}],
  },
  codes: {
    good: [
      ['', []],
      [[], []],
      ['0, 255', [0, 255]],
      [78, [78]],
      [
        ['1', 2],
        [1, 2],
      ],
    ],
    bad: ['x', -1, 256, true, '1;2'],
  },
  args: {
    good: [
      ["--a 'b c'", ['--a', 'b c']],
      [
        ['--a', 'b c'],
        ['--a', 'b c'],
      ],
    ],
    bad: [5, true, {}],
  },
  workers: {
    good: [
      [1, 1],
      [1_024, 1_024],
      ['max', 'max'],
      ['auto', 'auto'],
    ],
    bad: [0, 1_025, 'some', 1.5, -1, ''],
  },
  heap: {
    good: [
      ['auto', 'auto'],
      ['off', 'off'],
      ['64MB', 64 * MB],
    ],
    bad: ['on', '', -1, true],
  },
  octal: {
    good: [
      ['027', 0o27],
      ['0o77', 0o77],
      [22, 0o22],
    ],
    bad: ['8', '01777', 'rwx', '', true],
  },
  output: {
    good: [
      ['-', '-'],
      ['logs/a', '/srv/logs/a'],
    ],
    bad: ['', 5, true],
  },
  settings: { good: [[{ pg: { a: 1 } }, { pg: { a: 1 } }]], bad: ['x', { pg: 1 }, [], 5] },
};

const matches = new Ajv2020({ strict: false }).compile(configSchema());
/** The first option of that kind which a config file may hold. */
const rowOf = (kind: Kind) => ROWS.find((row) => row.kind === kind && row.file !== false);

for (const kind of Object.keys(KINDS) as Kind[]) {
  const row = rowOf(kind);
  if (row === undefined || kind === 'choice') continue;
  const key = fileKeyOf(row);
  const cases = CASES[kind];
  const read = (raw: Raw) =>
    resolveOptions({
      ...{ flags: {}, environment: {}, base: '/elsewhere' },
      file: { label: 'c.json', base: '/srv', values: { telemetry: false, [key]: raw }, env: {} },
    }).values[row.name];

  test(`${kind}: what a config file may say, and what it means (${key})`, (t) => {
    if (!cases) return void t.fail('it has no cases here');
    for (const [raw, value] of cases.good) t.deepEqual(read(raw), value as never, JSON.stringify(raw));
  });

  test(`${kind}: what is refused, with the key and what was expected (${key})`, (t) => {
    for (const raw of cases?.bad ?? []) {
      const error = t.throws(() => validateOptions('c.json', { [key]: raw }), { instanceOf: KfError }, `${raw}`);
      t.is(error?.code, 'CONFIG_INVALID');
      t.true(error?.why.startsWith(`${key}: expected `), error?.why);
    }
  });

  test(`${kind}: the JSON Schema that an editor goes by takes and refuses the same (${key})`, (t) => {
    for (const [raw] of cases?.good ?? []) {
      t.true(matches({ [key]: raw }), `${JSON.stringify(raw)}: ${JSON.stringify(matches.errors)}`);
    }
    // JSON has no NaN, and an empty text of some kinds is refused by the parser alone.
    for (const raw of cases?.bad ?? []) {
      if (raw !== '' && !Number.isNaN(raw)) t.false(matches({ [key]: raw }), JSON.stringify(raw));
    }
  });

  test(`${kind}: what is shown can be typed again (${key})`, (t) => {
    for (const [, value] of cases?.good ?? []) {
      const shown = show(row, value);
      if (shown === '') continue; // an empty variable says nothing
      const environment = { OTEL_SDK_DISABLED: 'true', [envNameOf(row)]: shown };
      const again = resolveOptions({ flags: {}, environment, base: '/srv' }).values[row.name];
      t.deepEqual(again, Array.isArray(value) && kind === 'list' ? shown.split(',') : (value as never), shown);
    }
  });
}

test('every default that stands in the table is one that can be given, in a file too', (t) => {
  for (const row of ROWS.filter((one) => one.default !== undefined && one.default !== '' && one.file !== false)) {
    t.notThrows(() => validateOptions('c.json', { [fileKeyOf(row)]: row.default }), row.name);
  }
});

test('a word that an option does not take names the nearest one that it does, if one is near', (t) => {
  const fixOf = (word: string) =>
    t.throws(() => resolveOptions({ flags: { 'log-level': word }, environment: {}, base: '/' }), {
      instanceOf: KfError,
    })?.fix;
  t.is(fixOf('warning'), 'Did you mean warn?');
  t.is(fixOf('eror'), 'Did you mean error?');
  t.regex(fixOf('critical') ?? '', /--help/);
  const { why } = t.throws(() => validateOptions('c.json', { logLevel: 'warning' }), { instanceOf: KfError });
  t.regex(why, /, perhaps warn$/);
});

test('each wrong key of a file is named at once; one that is near another with that one', (t) => {
  const wrong = { workers: 0, drainTimout: '5s', port: 1, env: { A: [] } };
  const { why, message } = t.throws(() => validateOptions('c.json', wrong), { instanceOf: KfError });
  t.is(message, 'c.json: keys are wrong');
  const keys = [...why.matchAll(/(?:^|; )([\w.]+):/g)].map(([, key]) => key);
  t.deepEqual(keys.toSorted(), ['drainTimout', 'env.A', 'port', 'workers']);
  t.false(matches({ drainTimout: '5s' }), 'an editor marks it too');
  t.regex(why, /did you mean drainTimeout\?/);
});

test('what is no object is no config', (t) => {
  for (const options of [null, [], 'x', 5]) {
    t.is(t.throws(() => validateOptions('c.json', options), { instanceOf: KfError })?.code, 'CONFIG_INVALID');
  }
});
