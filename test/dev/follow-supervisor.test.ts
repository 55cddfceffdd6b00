import { EventEmitter } from 'node:events';
import test from 'ava';
import { NO_SPANS, type SpanAccount } from '../../src/contract/item-account.js';
import type { WorkerStats } from '../../src/contract/messages.js';
import type { Notification } from '../../src/core/types.js';
import { followSupervisor } from '../../src/dev/follow-supervisor.js';
import type { Sample, SupervisorEvent } from '../../src/dev/supervisor-events.js';
import type { Supervisor } from '../../src/supervisor/supervisor.js';
import { STATS } from '../helpers/worker-stats.js';

const IDLE: WorkerStats = {
  ...STATS,
  ...{ requests: 0, inFlight: 0, connections: 0, loopDelayP99: 7, cpu: 0, cpuSeconds: 0 },
};
const account = (fields: Partial<SpanAccount>): SpanAccount => ({ ...NO_SPANS, ...fields });
const row = (id: number, fields: object = {}) => ({
  ...{ id, slot: id - 1, generation: 1, pid: 100 + id, phase: 'ready', forMs: 500, restarts: 0, stall: undefined },
  ...fields,
});

/** A supervisor that is followed, and what was sent of it. Its clock ticks when a test says so. */
function followed(workers: object[] = [row(1)]) {
  const events = new EventEmitter();
  const sent: SupervisorEvent[] = [];
  const ticks = new Set<() => void>();
  let answer: () => Promise<ReadonlyMap<number, WorkerStats>> = () => Promise.resolve(new Map());
  const supervisor = Object.assign(events, {
    status: () => ({ phase: 'running', workers }),
    ask: () => answer(),
  }) as unknown as Supervisor;
  const { setInterval: set, clearInterval: clear } = globalThis;
  const stoppable = (tick: () => void) => {
    ticks.add(tick);
    return { unref: () => undefined, tick };
  };
  Object.assign(globalThis, { setInterval: stoppable });
  followSupervisor(supervisor, (event) => sent.push(event));
  Object.assign(globalThis, { setInterval: set });
  return {
    sent,
    workers,
    emit: (name: string, ...args: unknown[]) => events.emit(name, ...args),
    notify: (notification: Notification) => events.emit('notification', notification),
    answers: (next: typeof answer) => {
      answer = next;
    },
    /** A second later. */
    tick: async () => {
      for (const tick of ticks) tick();
      await new Promise<void>((resolve) => setImmediate(resolve));
    },
    /** Whether it goes on when the supervisor has ended. */
    end: () => {
      let cleared = 0;
      Object.assign(globalThis, { clearInterval: () => (cleared += 1) });
      events.emit('exit');
      Object.assign(globalThis, { clearInterval: clear });
      return cleared;
    },
    samples: () => sent.flatMap((one): Sample[] => (one.type === 'sample' ? [one.sample] : [])),
  };
}
const exit = (id: number): Notification => ({
  ...{ type: 'worker-exit', slot: id - 1, id, generation: 1, code: 1, signal: null, reason: 'crash', ms: 5 },
});

test('a notification has the words of the log, its level, and the pid of its worker', (t) => {
  const { notify, sent } = followed();
  notify({ type: 'worker-ready', slot: 0, id: 1, generation: 1, ms: 5 });
  notify(exit(1));
  const [ready, ended] = sent;
  t.like(ready, { type: 'notification', level: 'info', pid: 101 });
  t.like(ended, { type: 'notification', level: 'error', pid: 101 });
  for (const one of sent) t.true(one.type === 'notification' && one.text !== one.notification.type, 'in words');
});

test('the pid of a worker is known behind its exit, when the status has it no longer, and once', (t) => {
  const { notify, sent, workers } = followed([row(1), row(2)]);
  notify({ type: 'worker-ready', slot: 0, id: 1, generation: 1, ms: 5 });
  workers.length = 0;
  notify(exit(1));
  notify(exit(1));
  t.deepEqual(
    sent.map((one) => one.type === 'notification' && one.pid),
    [101, 101, undefined],
  );
});

test('what is of no worker has no pid, and none has an empty text', (t) => {
  const { notify, sent } = followed();
  notify({ type: 'reload-started', generation: 2, workers: 1 });
  const [started] = sent;
  t.true(started?.type === 'notification' && started.pid === undefined && started.text.length > 5);
});

test('a flush is lost where a span, a log record or a metric was dropped or rejected', (t) => {
  const { emit, sent } = followed();
  const flush = (spans?: SpanAccount) => emit('flushed', { id: 1, slot: 2, pid: 103, requests: 0, spans, ms: 12 });
  flush(account({ ended: 3, exported: 3 }));
  flush(account({ dropped: { ...NO_SPANS.dropped, late: 1 } }));
  flush(account({ logs: { ...NO_SPANS, rejected: 1 } }));
  flush(account({ metrics: { ...NO_SPANS, dropped: { ...NO_SPANS.dropped, expired: 1 } } }));
  flush(undefined);
  t.deepEqual(
    sent.map((one) => one.type === 'flushed' && [one.slot, one.pid, one.lost, one.text !== '']),
    [
      [2, 103, false, true],
      [2, 103, true, true],
      [2, 103, true, true],
      [2, 103, true, true],
      [2, 103, false, false],
    ],
  );
});

test('a blocked loop is sent as it was reported', (t) => {
  const { emit, sent } = followed();
  const stall = { type: 'stalled', ms: 900, frames: ['spin (a.js:1:1)'] };
  emit('stall', { slot: 1, generation: 2, pid: 7, stall });
  t.like(sent[0], { type: 'stall', slot: 1, generation: 2, pid: 7, stall });
});

test('each second the workers are asked; one that does not answer has no figures', async (t) => {
  const { tick, answers, samples } = followed([row(1), row(2, { pid: undefined, phase: 'backoff', restarts: 3 })]);
  answers(() => Promise.resolve(new Map([[1, IDLE]])));
  await tick();
  const [sample] = samples();
  t.is(sample?.phase, 'running');
  t.like(sample?.workers[0], { slot: 0, pid: 101, loopDelay: 7, memory: 50e6 });
  t.like(sample?.workers[1], { slot: 1, pid: undefined, restarts: 3, loopDelay: undefined, memory: undefined });
  t.true(
    Math.abs((sample?.workers[0]?.since ?? 0) - (Date.now() - 500)) < 60_000,
    'since when, on the clock of the page',
  );
});

test('they are not asked again before they have answered, and again when nobody could', async (t) => {
  const { tick, answers, samples } = followed();
  let asked = 0;
  let fail = (_error: Error): void => undefined;
  answers(() => {
    asked += 1;
    return new Promise((_, reject) => {
      fail = reject;
    });
  });
  await tick();
  await tick();
  t.is(asked, 1);
  fail(new Error('nobody answered'));
  await new Promise<void>((resolve) => setImmediate(resolve));
  await tick();
  t.is(asked, 2);
  t.deepEqual(samples(), []);
});

test('a supervisor that has ended is asked no more', (t) => t.is(followed().end(), 1));

test('spans that wait are held; what ended workers have left counts until another one has sent it', async (t) => {
  const { tick, answers, emit, samples, notify } = followed([row(1), row(2)]);
  const living = (spans: SpanAccount) => answers(() => Promise.resolve(new Map([[2, { ...IDLE, spans }]])));
  const flush = account({ ended: 10, exported: 4, spooled: 6 });
  emit('flushed', { id: 1, slot: 0, pid: 101, requests: 0, spans: flush, ms: 1 });
  notify(exit(1));
  living(account({ ended: 5, exported: 3, spooled: 1, pending: 1 }));
  await tick();
  living(account({ ended: 5, exported: 11, recovered: 6 }));
  await tick();
  living(account({ ended: 5, exported: 14, recovered: 9 }));
  await tick();
  t.deepEqual(
    samples().map(({ account: { ended, exported, held } }) => ({ ended, exported, held })),
    [
      { ended: 15, exported: 7, held: 8 },
      { ended: 15, exported: 15, held: 0 },
      // Three were recovered that a killed worker had never counted.
      { ended: 18, exported: 18, held: 0 },
    ],
  );
});

test('only causes that have lost something are named, and what the collector rejected is one', async (t) => {
  const { tick, answers, samples } = followed();
  const spans = account({ rejected: 2, dropped: { ...NO_SPANS.dropped, disk_full: 4 } });
  answers(() => Promise.resolve(new Map([[1, { ...IDLE, spans }]])));
  await tick();
  t.deepEqual(samples()[0]?.account.dropped, [
    { cause: 'disk_full', count: 4 },
    { cause: 'rejected', count: 2 },
  ]);
});
