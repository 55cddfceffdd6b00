import test from 'ava';
import { describeConnections } from '../../src/contract/connection-report.js';
import { counted } from '../../src/contract/counted.js';
import {
  byCause,
  DROP_CAUSES,
  DROP_FIXES,
  describeAccount,
  droppedOf,
  NO_SPANS,
  partsOf,
  type SpanAccount,
} from '../../src/contract/item-account.js';
import { localTime } from '../../src/contract/local-time.js';
import { LONGEST_TIMER, timerDelay } from '../../src/contract/longest-timer.js';
import { editDistance } from '../../src/contract/nearest.js';
import { programArgs, programWords, shownProgram } from '../../src/contract/program-words.js';
import { isRecord } from '../../src/contract/record-guard.js';
import { secondName, secondNames } from '../../src/contract/socket-path.js';
import { renderStall } from '../../src/contract/stall.js';
import { attributeSize } from '../../src/contract/watched-span.js';

const account = (change: Partial<SpanAccount>): SpanAccount => ({ ...NO_SPANS, ...change });

for (const [what, given, text] of [
  ['nothing', {}, '0 spans in 12 ms, spooled 0, dropped 0'],
  ['all sent', { exported: 37 }, '37 spans in 12 ms, spooled 0, dropped 0'],
  [
    'what is rare is named when there is any',
    { exported: 1, recovered: 2, interrupted: 3, resent: 4, rejected: 5, pending: 6 },
    '1 spans in 12 ms, spooled 0, dropped 0, recovered 2, interrupted 3, resent 4, rejected 5, pending 6',
  ],
  [
    'lost, for several causes',
    { spooled: 3, dropped: { ...byCause(() => 0), late: 1, expired: 2 } },
    '0 spans in 12 ms, spooled 3, dropped 3',
  ],
  [
    'logs and metrics where they are sent',
    { logs: account({ exported: 2 }), metrics: account({ exported: 5, rejected: 1 }) },
    '0 spans in 12 ms, spooled 0, dropped 0; 2 log records, spooled 0, dropped 0; 5 metrics, spooled 0, dropped 0, rejected 1',
  ],
] as const) {
  test(`an account in words: ${what}`, (t) => t.is(describeAccount(account(given), 11.6), text));
}

test('what was lost is the sum over every cause, and each has advice', (t) => {
  t.is(droppedOf({ dropped: byCause(() => 2) }), 2 * DROP_CAUSES.length);
  t.is(droppedOf(NO_SPANS), 0);
  for (const cause of DROP_CAUSES) t.regex(DROP_FIXES[cause], /^[A-Z].*\.$/, cause);
  t.deepEqual(Object.keys(byCause(String)).toSorted(), [...DROP_CAUSES].toSorted());
});

test('the parts of an account are those of the signals that are sent', (t) => {
  const logs = account({ ended: 1 });
  t.deepEqual(partsOf(NO_SPANS), [NO_SPANS]);
  t.deepEqual(partsOf(account({ logs })).slice(1), [logs]);
  t.is(partsOf(account({ logs, metrics: logs })).length, 3);
});

for (const [report, text] of [
  [{ moved: 0, drained: {} }, ''],
  [{ moved: 12, drained: {} }, '12 moved'],
  [{ moved: 0, drained: { http2: 1 } }, '1 drained (1 http2)'],
  [{ moved: 1, drained: { tls: 2, upgraded: 1 } }, '1 moved, 3 drained (2 tls, 1 upgraded)'],
] as const) {
  test(`connections of one that has left: ${JSON.stringify(report)}`, (t) => t.is(describeConnections(report), text));
}

test('one is one, and all other numbers are several', (t) => {
  t.deepEqual(
    [0, 1, 2].map((n) => counted(n, 'slot')),
    ['0 slots', '1 slot', '2 slots'],
  );
});

test('a worker shows what its user has written, and never our file around another program', (t) => {
  const plain = { script: '/srv/app.js', args: ['--port', '80'] };
  t.deepEqual(shownProgram(plain), { ...plain, interpreter: undefined });
  for (const [command, interpreter] of [
    [['python3', '-u'], 'python3 -u'],
    [[], undefined],
  ] as const) {
    const args = programArgs(command, '/srv/app.py', ['--port', '80']);
    t.deepEqual(shownProgram({ script: '/ours/run-program.js', args }), {
      ...{ script: '/srv/app.py', args: ['--port', '80'], interpreter },
    });
    t.deepEqual(programWords(args), [...command, '/srv/app.py', '--port', '80'], 'as it is started');
  }
  const odd = ['--kf-cluster-ruin=1', 'x'];
  t.deepEqual(shownProgram({ script: 'a', args: odd }).args, odd, 'an argument that is only like the mark');
});

test('second names of a socket stand beside it, one for each primary, and are told from names of others', (t) => {
  const [one, two] = [secondName('/run/shop.sock', 7), secondName('/run/shop.sock', 8)];
  t.not(one, two);
  const { folder, prefix } = secondNames('/run/shop.sock');
  for (const name of [one, two]) t.true(name.startsWith(`${folder}/${prefix}`), name);
  t.false(secondName('/run/other.sock', 7).startsWith(`${folder}/${prefix}`));
});

for (const [stall, text] of [
  [{ ms: 2_449, frames: [] }, 'worker 3 is blocked for 2.4 s; its stack is not known'],
  [{ ms: 900, frames: [], why: 'a debugger holds it' }, 'worker 3 is blocked for 0.9 s; a debugger holds it'],
  [
    { ms: 5_000, frames: ['a (x:1:2)', 'b (y:3:4)'] },
    'worker 3 is blocked for 5.0 s in:\n    at a (x:1:2)\n    at b (y:3:4)',
  ],
] as const) {
  test(`a block in words: ${text.slice(0, 40)}`, (t) => t.is(renderStall(3, stall), text));
}

test('a local time is the same moment, in the form that every parser takes', (t) => {
  for (const at of [0, Date.UTC(2026, 5, 1, 23, 59, 59, 7), Date.UTC(2026, 11, 31, 12)]) {
    t.is(Date.parse(localTime(at)), at);
    t.regex(localTime(at), /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}[+-]\d\d:\d\d$/);
  }
});

test('a sum of times that each fit is no timer that fires at once', (t) => {
  t.is(timerDelay(LONGEST_TIMER * 2), LONGEST_TIMER);
  t.is(timerDelay(5), 5);
});

test('how far apart two words are', (t) => {
  for (const [a, b, distance] of [
    ['', '', 0],
    ['', 'abc', 3],
    ['abc', 'abc', 0],
    ['kitten', 'sitting', 3],
    ['ab', 'ba', 2],
  ] as const) {
    t.is(editDistance(a, b), distance, `${a} ${b}`);
    t.is(editDistance(b, a), distance, `${b} ${a}`);
  }
});

test('an object with keys is neither an array nor null', (t) => {
  t.deepEqual([{}, { a: 1 }, Object.create(null)].map(isRecord), [true, true, true]);
  t.deepEqual([null, undefined, [], 'x', 5, () => 0].map(isRecord), [false, false, false, false, false, false]);
});

test('how large attributes are is counted up to a bound, whatever they hold', (t) => {
  t.deepEqual(
    ['abc', '', new Uint8Array(5), 7, true, null, ['a', 'bc'], { a: 'x', b: 1 }].map((one) => attributeSize(one)),
    [...[3, 0, 5, 8, 8, 8, 3, 9]],
  );
  const many = Array.from({ length: 1_000 }, () => 'x'.repeat(100));
  t.true(attributeSize(many, 1_000) <= 1_100, 'it does not look at all of it');
});
