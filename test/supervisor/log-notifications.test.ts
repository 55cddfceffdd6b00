import test from 'ava';
import { NO_SPANS, type SpanAccount } from '../../src/contract/item-account.js';
import { createLog } from '../../src/contract/log.js';
import type { Notification } from '../../src/core/types.js';
import { isPlanned, logFlushed, logNotification } from '../../src/supervisor/log-notifications.js';
import { keptLog } from './kept-log.js';

const context = (stderr = '', isSilent = false) => ({
  pid: (id: number) => 100 + id,
  stderrTail: () => stderr,
  isSilent: () => isSilent,
});
const exit = (change: object) =>
  ({
    type: 'worker-exit',
    id: 1,
    slot: 0,
    generation: 1,
    code: 0,
    signal: null,
    reason: 'stop',
    ms: 5,
    ...change,
  }) as Extract<Notification, { type: 'worker-exit' }>;

function said(notification: Notification, stderr?: string) {
  const { log, lines } = keptLog();
  logNotification(log, notification, context(stderr));
  return lines();
}

for (const [what, change, planned] of [
  ['a stop', {}, true],
  ['a stop that was killed on the way', { code: null, signal: 'SIGKILL' }, false],
  ['an app that says by which signal it was stopped', { code: 143 }, true],
  ['the same by Ctrl-C', { code: 130 }, true],
  ['a stop that ended with an error', { code: 1 }, false],
  ['a crash', { reason: 'crash', code: 1 }, false],
  ['an end by itself', { reason: 'app-exit', code: 0 }, false],
  ['a reload', { reason: 'reload', code: null }, true],
] as const) {
  test(`${what} is ${planned ? 'as planned' : 'not planned'}, and logged so`, (t) => {
    t.is(isPlanned(exit(change)), planned);
    const [line] = said(exit(change));
    t.like(line, { event: 'worker-exit', level: planned ? 'info' : 'error', pid: 101 });
  });
}

test('an exit whose reason is known says what to do about it', (t) => {
  const heap = said(exit({ code: null, signal: 'SIGABRT', reason: 'crash' }), 'FATAL: JavaScript heap out of memory');
  t.deepEqual(
    heap.map(({ event }) => event),
    ['worker-exit', 'heap-limit'],
    'who counts exits counts one',
  );
  t.is(said(exit({ code: null, signal: 'SIGABRT', reason: 'crash' }), 'assert').length, 1);
  t.is(said(exit({ reason: 'boot-timeout', signal: 'SIGKILL', code: null })).length, 2);
  t.is(said(exit({ done: true, reason: 'app-exit', code: 0 }))[0]?.level, 'info');
});

test('a worker that is not ready in time has its own advice where Node never came to a line of ours', (t) => {
  const late = exit({ reason: 'boot-timeout', signal: 'SIGKILL', code: null });
  for (const [isSilent, pid, expected] of [
    [false, 101, /^it did not become ready in time: it has to listen/],
    [true, 101, /no more threads \(ulimit -u, TasksMax=/],
    [true, undefined, /a preFork hook has not ended/],
  ] as const) {
    const { log, lines } = keptLog();
    logNotification(log, late, { ...context('', isSilent), pid: () => pid });
    const [, advice] = lines();
    t.is(advice?.event, 'not-ready-in-time');
    t.regex(String(advice?.msg), expected);
  }
});

for (const notification of [
  { type: 'worker-ready', id: 1, slot: 0, ms: 5 },
  { type: 'slot-failed', slot: 0, restarts: 3, window: 60_000, retry: 1_000 },
  { type: 'reload-failed', generation: 2, slot: 0, reason: 'crash' },
  { type: 'stopping', level: 1, signal: 'SIGTERM', workers: 2 },
  { type: 'all-ended', failed: 1 },
  { type: 'refused', what: 'reload', why: 'busy' },
] as unknown as Notification[]) {
  test(`a program finds ${notification.type} by its id, with its figures, whatever the text is`, (t) => {
    const [line, ...others] = said(notification);
    const { type, ...figures } = notification;
    const { id: _, level, ...shown } = { id: undefined, level: undefined, ...figures };
    t.like(line, { event: type, ...shown, ...(level !== undefined && { force: level }) });
    t.true(['info', 'warn', 'error'].includes(String(line?.level)), 'its severity is none of its figures');
    t.deepEqual(others, []);
  });
}

test('figures are whole', (t) => {
  t.is(said({ type: 'worker-ready', id: 1, slot: 0, ms: 875.048_31 } as Notification)[0]?.ms, 875);
});

test('what is shown elsewhere is not logged twice', (t) => {
  t.deepEqual(said({ type: 'never-ready' } as Notification), []);
  t.deepEqual(said({ type: 'crash-loop' } as Notification), []);
});

test('the id stands in JSON alone: a text has no use for it', (t) => {
  const texts: string[] = [];
  const log = createLog({ format: 'pretty', level: 'info', label: 'x', sink: (line) => texts.push(line) });
  logNotification(log, { type: 'stopped', code: 0 } as Notification, context());
  t.is(texts.length, 1);
  t.notRegex(texts[0] ?? '', /event/);
});

test('a flush is logged where there are spans, and as a warning where some were lost', (t) => {
  const flushed = (spans?: SpanAccount) => {
    const { log, lines } = keptLog();
    logFlushed(log, 0, { type: 'flushed', instanceId: 'i', ms: 5, requests: 1, ...(spans && { spans }) });
    return lines().map(({ level, spans_exported, spans_rejected }) => [level, spans_exported, spans_rejected]);
  };
  const account = (change: object) => ({ ...NO_SPANS, ended: 3, exported: 3, ...change }) as SpanAccount;
  t.deepEqual(flushed(), []);
  t.deepEqual(flushed(account({})), [['info', 3, 0]]);
  t.deepEqual(flushed(account({ rejected: 1 })), [['warn', 3, 1]]);
  t.deepEqual(flushed(account({ logs: { ...NO_SPANS, rejected: 1 } })), [['warn', 3, 0]]);
});
