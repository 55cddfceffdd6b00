import { appendFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { ALIASES } from '../../src/cli/command-names.js';
import { numberFirst, slotOf } from '../../src/cli/control-flags.js';
import { defaultLogFile, inForeground, openLog, writtenTo } from '../../src/cli/daemon.js';
import { refuseEcosystemFlags } from '../../src/cli/ecosystem-flags.js';
import type { Remote } from '../../src/cli/remote.js';
import { overdraw, screenOf } from '../../src/cli/screen.js';
import { withEach } from '../../src/cli/targets.js';
import { usageError } from '../../src/cli/usage-error.js';
import { KfError } from '../../src/contract/errors.js';
import { privateDir } from '../helpers/cluster.js';

for (const [what, given, alone, expected] of [
  ['the number first', { slot: '4', supervisor: 'shop' }, false, { slot: '4', supervisor: 'shop' }],
  ['the name first, as pm2 has it', { slot: 'shop', supervisor: '4' }, false, { slot: '4', supervisor: 'shop' }],
  ['a name of several words', { slot: 'shop', supervisor: ['+2'] }, false, { slot: '+2', supervisor: 'shop' }],
  ['two names', { slot: 'a', supervisor: 'b' }, false, { slot: 'a', supervisor: 'b' }],
  [
    'names alone, where they may stand so',
    { slot: 'a', supervisor: ['b'] },
    true,
    { slot: undefined, supervisor: ['a', 'b'] },
  ],
  ['one name alone', { slot: 'a' }, true, { slot: undefined, supervisor: ['a'] }],
  ['nothing', {}, true, {}],
] as const) {
  test(`which is the number: ${what}`, (t) => t.deepEqual(numberFirst(given, 'slot', alone), expected as never));
}

test('a slot is a whole number from 0', (t) => {
  t.deepEqual(['0', '12', 7].map(slotOf), [0, 12, 7]);
  for (const given of ['-1', '1.5', 'x', '', undefined, '1e3', ' 1']) {
    t.is(t.throws(() => slotOf(given), { instanceOf: KfError }).code, 'BAD_FLAG', String(given));
  }
});

const named = (name: string): Remote => ({
  identity: { api: 1, name, pid: 1, script: '/app.js' },
  call: () => Promise.reject(new Error('nobody is called')),
});

test('of one supervisor the outcome is its own, and what it throws is thrown', async (t) => {
  t.is(await withEach([named('a')], async () => 3), 3);
  await t.throwsAsync(
    withEach([named('a')], async () => Promise.reject(new Error('boom'))),
    { message: 'boom' },
  );
});

test.serial(
  'of several each is done, one that fails is named on stderr, and the first code that is not 0 counts',
  async (t) => {
    const { write } = process.stderr;
    const texts: string[] = [];
    process.stderr.write = (text: string | Uint8Array) => texts.push(String(text)) > 0;
    const done: string[] = [];
    const codes: Record<string, number> = { a: 0, c: 5, d: 7 };
    const code = await withEach(['a', 'b', 'c', 'd'].map(named), async ({ identity: { name } }) => {
      done.push(name);
      if (name === 'b') throw new KfError('BUSY', 'reload was refused', 'one is under way');
      return codes[name] ?? 0;
    }).finally(() => {
      process.stderr.write = write;
    });
    t.deepEqual(done, ['a', 'b', 'c', 'd']);
    t.is(code, 75);
    t.is(texts.length, 1);
    t.regex(texts[0] ?? '', /^b: .*BUSY/);
  },
);

test('what is no terminal has lines of any length, and nothing is drawn over', (t) => {
  const stream = (change: object) => Object.assign(Object.create(process.stdout), { isTTY: undefined, ...change });
  t.like(screenOf(stream({ columns: 80 }), {}), { columns: Number.POSITIVE_INFINITY, live: false });
  t.like(screenOf(stream({ isTTY: true, columns: 0, rows: undefined }), { TERM: 'xterm' }), {
    ...{ columns: Number.POSITIVE_INFINITY, rows: Number.POSITIVE_INFINITY, live: true },
  });
  t.like(screenOf(stream({ isTTY: true, columns: 40, rows: 5 }), { TERM: 'dumb' }), { columns: 40, live: false });
});

for (const [rows, shown, more] of [
  [10, 5, 0],
  [6, 5, 0],
  [5, 3, 2],
  [2, 1, 4],
  [1, 1, 4],
] as const) {
  test(`on a terminal of ${rows} lines ${shown} of five are shown, and the rest is counted`, (t) => {
    const text = overdraw('1\n2\n3\n4\n5\n', { columns: 80, rows, color: false, live: true });
    t.true(text.startsWith('\u001b[H\u001b[2J'));
    t.is(text.match(/^\d$/gm)?.length ?? 0, shown - 1, 'the first one stands behind the clearing');
    t.is(Number(/\.\.\. (\d+) lines more/.exec(text)?.[1] ?? 0), more);
  });
}

test('elsewhere the text is printed again as it is', (t) => {
  t.is(overdraw('a\n', { columns: 80, rows: 1, color: false, live: false }), 'a\n');
});

test('in the background each name has a log of its own, however alike they look as files', (t) => {
  const files = ['shop', 'a/b', 'a_b', 'a b', '../x', 'läden'].map(defaultLogFile);
  t.is(new Set(files).size, files.length);
  t.true(
    files.every((file) => /\/kf-cluster\/[\w.@+~-]+\.log$/.test(file)),
    files.join(),
  );
  t.is(defaultLogFile('shop').split('/').at(-1), 'shop.log');
});

test.serial(
  "a start in the background says its flags behind those that were given, and in front of the app's own",
  (t) => {
    const { argv } = process;
    t.teardown(() => {
      process.argv = argv;
    });
    process.argv = ['node', 'kf-cluster', 'start', 'app.js', '-d', '--', '--log-file', 'x'];
    t.deepEqual(inForeground(['--log-file=l']), [
      'start',
      'app.js',
      '-d',
      '--no-daemon',
      '--log-file=l',
      '--',
      '--log-file',
      'x',
    ]);
    process.argv = ['node', 'kf-cluster', 'start', 'app.js'];
    t.deepEqual(inForeground([]), ['start', 'app.js', '--no-daemon']);
  },
);

test('of a log only what was written since is shown, the last of it, whatever stood there before', (t) => {
  const file = join(privateDir(t), 'logs', 'a.log');
  const log = openLog(file);
  t.like(log, { file, size: 0, regular: true });
  appendFileSync(file, 'first\n');
  const again = openLog(file)!;
  t.is(again.size, 6);
  t.is(writtenTo(again), '');
  appendFileSync(file, `${'x'.repeat(20_000)}end`);
  t.is(writtenTo(again).length, 16_384);
  t.true(writtenTo(again).endsWith('end'));
  t.is(readFileSync(file, 'utf8').slice(0, 6), 'first\n');
  t.is(writtenTo({ ...again, regular: false }), '', 'a FIFO is not read');
});

test('a log that cannot be opened now is left to the supervisor; one that never can is an error', (t) => {
  const dir = privateDir(t);
  t.is(openLog('/dev/stdout'), undefined);
  mkdirSync(join(dir, 'd'));
  writeFileSync(join(dir, 'f'), '');
  for (const file of [join(dir, 'd'), join(dir, 'f', 'a.log')]) {
    t.is(t.throws(() => openLog(file), { instanceOf: KfError }).code, 'LOG_FILE');
  }
});

test('what chooses among the apps of an ecosystem file is refused beside a script, and named', (t) => {
  t.notThrows(() => refuseEcosystemFlags({}));
  for (const [flags, name] of [
    [{ only: 'a' }, '--only'],
    [{ env: 'b' }, '--env'],
    [{ strict: true }, '--strict'],
  ] as const) {
    const { message, code } = t.throws(() => refuseEcosystemFlags(flags), { instanceOf: KfError });
    t.is(code, 'BAD_FLAG');
    t.true(message.startsWith(name));
  }
});

for (const [what, message, args, expected] of [
  ['a flag that is near one', 'Unknown argument: worker', ['start', '--worker', '2'], /workers/],
  ['a flag of start on another command', 'Unknown argument: workers', ['stop', '--workers', '2'], /one of start/],
  ['a setting of Gunicorn', 'Unknown argument: bind', ['start', '--bind', ':80'], /GUNICORN/],
  ['a command that is near one', 'Unknown command: strat', ['strat', 'app.js'], /start/],
  ['a harmful command is not proposed', 'Unknown command: stpo', ['stpo'], /^(?!.*Did you mean kf-cluster stop)/s],
  ['an argument for the app', 'Unknown argument: x', ['start', 'app.js', 'x'], /-- x/],
  ['an argument too many', 'Unknown argument: x', ['status', 'a', 'x'], /status --help/],
  [
    'a value that begins with a dash',
    'Not enough arguments following: node-args',
    ['start', 'app.js', '--node-args', '-r ./a.js'],
    /--node-args has no value\n.*: -r \.\/a\.js\n.*--node-args='-r \.\/a\.js'/,
  ],
  [
    'a value that is missing in front of a flag of ours',
    'Not enough arguments following: name',
    ['start', 'app.js', '--name', '-w', '2'],
    /--name has no value\nit needs one/,
  ],
  ['a value that is missing', 'Not enough arguments following: name', ['stop', '--name'], /--name has no value/],
  ['anything else', 'Odd\nand more', [], /Odd/],
] as const) {
  test(`wrong usage is answered with what to do: ${what}`, (t) => {
    const error = usageError(message, args);
    t.regex(`${error.message}\n${error.why}\n${error.fix}`, expected);
    t.is(error.exitCode, 2);
  });
}

test('an alias is the name of no command', (t) => {
  for (const [alias, name] of Object.entries(ALIASES)) t.not(alias, name as string);
});
