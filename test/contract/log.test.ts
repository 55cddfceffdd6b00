import test from 'ava';
import { EXIT, KfError, toKfError } from '../../src/contract/errors.js';
import { createLog, type LogOptions } from '../../src/contract/log.js';
import { nearest } from '../../src/contract/nearest.js';
import { startedAt } from '../../src/contract/signs-of-life.js';
import { asError, codeOf, isSystemError, messageOf, systemFix } from '../../src/contract/system-error.js';
import { visible, visibleLine } from '../../src/contract/visible.js';

function kept(change: Partial<LogOptions> = {}) {
  const lines: string[] = [];
  const now = () => new Date(0);
  const log = createLog({
    format: 'pretty',
    level: 'info',
    label: 'x',
    now,
    sink: (line) => lines.push(line),
    ...change,
  });
  return { log, lines };
}

test('what is below the level is not said, and silent is nothing at all', (t) => {
  for (const [level, said] of [
    ['debug', 4],
    ['warn', 2],
    ['silent', 0],
  ] as const) {
    const { log, lines } = kept({ level });
    for (const name of ['debug', 'info', 'warn', 'error'] as const) log[name]('a');
    t.is(lines.length, said, level);
  }
});

test('fields stand behind the message, those that are not there are left out, and what has blanks is quoted', (t) => {
  const { log, lines } = kept({ fields: { slot: 0 } });
  log.with({ pid: 7 }).warn('a b', { text: 'c d', empty: '', none: undefined, nothing: null, is: true, eq: 'a=b' });
  t.deepEqual(lines, ['[x] warn: a b slot=0 pid=7 text="c d" empty= nothing=null is=true eq="a=b"\n']);
});

test('a field for programs stands in JSON alone; one of the same name that a caller gives is shown, and stands in front of it', (t) => {
  for (const [format, first, second] of [
    ['pretty', '[x] a slot=0\n', '[x] b slot=0 event=mine\n'],
    ['json', 'reload-done', 'mine'],
  ] as const) {
    const { log, lines } = kept({ format });
    const named = log.with({ event: 'reload-done' }, { jsonOnly: true }).with({ slot: 0 });
    named.info('a');
    named.info('b', { event: 'mine' });
    const said = format === 'json' ? lines.map((line) => JSON.parse(line).event) : lines;
    t.deepEqual(said, [first, second]);
  }
});

test('a message of several lines feigns no line of ours, and nothing steers the terminal', (t) => {
  const { log, lines } = kept();
  log.info('one\n[x] error: two\r\n\u001b[2Jthree', { text: 'a\u001b]0;x\u0007' });
  const [line = ''] = lines;
  t.false(line.includes('\u001b'));
  t.deepEqual(
    line.split('\n').map((part) => part.slice(0, 4)),
    ['[x] ', '  [x', '  \\x', ''],
  );
});

test('json is one line, whatever the message holds', (t) => {
  const { log, lines } = kept({ format: 'json' });
  log.error('a\n"b"', { why: 'c\n' });
  t.is(lines[0]?.split('\n').length, 2);
  t.deepEqual(JSON.parse(lines[0] ?? ''), {
    ...{ time: '1970-01-01T00:00:00.000Z', level: 'error', logger: 'x', msg: 'a\n"b"', why: 'c\n' },
  });
});

test('json: no field takes the place of the severity, the time or the message', (t) => {
  const { log, lines } = kept({ format: 'json' });
  log.error('a', { level: 7, msg: 'b', time: 0, logger: 'y', left: 1 });
  t.deepEqual(JSON.parse(lines[0] ?? ''), {
    ...{ time: '1970-01-01T00:00:00.000Z', level: 'error', logger: 'x', msg: 'a', left: 1 },
  });
});

for (const [text, shown] of [
  ['plain\ttext', 'plain\ttext'],
  ['\u001b[31mred', '\\x1b[31mred'],
  ['a\rb\nc', 'a\\x0db\\x0ac'],
  ['abc\u202edef', 'abc\\u202edef'],
  ['\u2028', '\\u2028'],
  ['é€😀', 'é€😀'],
  ['\u009b2J', '\\x9b2J'],
] as const) {
  test(`text of somebody else in one line: ${JSON.stringify(text)}`, (t) => t.is(visible(text), shown));
}

test('colours of a line stay and end with it; every other sequence is written out', (t) => {
  t.is(visibleLine('\u001b[31mred'), '\u001b[31mred\u001b[0m');
  t.is(visibleLine('\u001b[2Jx\u001b[1m'), '\\x1b[2Jx\u001b[1m\u001b[0m');
  t.is(visibleLine('\u001b]0;title\u0007'), '\\x1b]0;title\\x07');
  t.is(visibleLine('plain'), 'plain');
});

test('whatever is thrown becomes an error with a code, a reason and a fix', (t) => {
  const own = new KfError('BUSY', 'a', 'b');
  t.is(toKfError(own), own);
  const copy = Object.assign(new Error('of another copy'), { name: 'KfError', code: 'BUSY' });
  t.is(toKfError(copy), copy as KfError);
  const full = Object.assign(new Error('ENOSPC: no space'), { code: 'ENOSPC', errno: -28, syscall: 'write' });
  t.like(toKfError(full), { code: 'SYSTEM', why: 'ENOSPC: no space', fix: 'Free the disk named above.' });
  const odd = Object.assign(new Error('EODD'), { code: 'EODD', errno: -1, syscall: 'x' });
  t.truthy(toKfError(odd).fix);
  for (const thrown of [undefined, null, 'text', 7, new TypeError('x'), { code: 'ENOSPC' }]) {
    t.is(toKfError(thrown).code, 'INTERNAL', String(thrown));
    t.is(toKfError(thrown).exitCode, EXIT.failure);
  }
  t.is(own.render(), `error BUSY: a\n  why: b\n  fix: ${own.fix}\n`);
});

test('an error of the system is one that a call has ended with, not what looks like it', (t) => {
  const real = Object.assign(new Error('x'), { code: 'EIO', errno: -5, syscall: 'read' });
  t.true(isSystemError(real));
  for (const other of [
    new Error('EIO'),
    { code: 'EIO', errno: -5, syscall: 'read' },
    Object.assign(new Error('x'), { code: 'EIO' }),
    null,
  ]) {
    t.false(isSystemError(other));
  }
  t.deepEqual(
    [codeOf(real), codeOf({ code: 'A' }), codeOf({ code: 5 }), codeOf(null), codeOf('x')],
    ['EIO', 'A', undefined, undefined, undefined],
  );
  t.deepEqual([messageOf(real), messageOf('text'), messageOf(undefined)], ['x', 'text', 'undefined']);
  t.deepEqual([systemFix('NONE'), systemFix(undefined)], [undefined, undefined]);
  t.is(asError(real), real);
  t.is(asError('text').message, 'text');
  const ofAnotherRealm = { name: 'Error', message: 'm' };
  t.is(asError(ofAnotherRealm).message, 'm');
});

test('the nearest name is proposed where it is near, and none where nothing is', (t) => {
  const names = ['workers', 'cwd', 'telemetry'];
  t.is(nearest('worker', names), 'workers');
  t.is(nearest('telemtry', names), 'telemetry');
  t.is(nearest('zzzzzzzz', names), undefined);
  t.is(nearest('x', []), undefined);
});

for (const [what, stat, started] of [
  ['a plain one', `7 (node) S 1 ${'0 '.repeat(17)}4242 0`, '4242'],
  ['a name with blanks and parentheses', `7 (a) b (c)) S 1 ${'0 '.repeat(17)}4242 0`, '4242'],
  ['a zombie', `7 (node) Z 1 ${'0 '.repeat(17)}4242 0`, undefined],
  ['none', undefined, undefined],
] as const) {
  test(`when a process was started: ${what}`, (t) =>
    t.is(
      startedAt(7, () => stat),
      started,
    ));
}
