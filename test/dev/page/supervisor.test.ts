import test from 'ava';
import type { StallReport } from '../../../src/contract/stall.js';
import type { Notification } from '../../../src/core/types.js';
import { latest } from '../../../src/dev/session/whole-session.js';
import type { Sample, WorkerSample } from '../../../src/dev/supervisor-events.js';
import { makeRequest, makeSession } from '../../helpers/page.js';

const worker = (fields: Partial<WorkerSample> = {}): WorkerSample => ({
  ...{ slot: 0, generation: 1, pid: 100, phase: 'ready', since: Date.now() - 1_000, restarts: 0 },
  ...{ loopDelay: 2, memory: 50e6, stall: undefined },
  ...fields,
});
const account: Sample['account'] = { ended: 3, exported: 3, held: 0, dropped: [] };

function sessionWith() {
  const { store, session } = makeSession();
  return {
    store,
    session,
    sample: (workers: readonly WorkerSample[], at = Date.now(), of = account) =>
      session.supervisor({ type: 'sample', at, sample: { phase: 'running', workers, account: of } }),
    stall: (report: StallReport) =>
      session.supervisor({ type: 'stall', at: Date.now(), slot: 0, generation: 1, pid: 100, stall: report }),
    notify: (notification: Notification, pid?: number) =>
      session.supervisor({
        type: 'notification',
        at: Date.now(),
        level: 'info',
        text: notification.type,
        notification,
        ...(pid !== undefined && { pid }),
      }),
  };
}

test('a reload with its canary, a failed one and a crash are marks, phases and entries', (t) => {
  const { session, sample, notify } = sessionWith();
  sample([worker()]);
  notify({ type: 'reload-started', generation: 2, workers: 1 });
  notify({ type: 'worker-ready', slot: 0, id: 2, generation: 2, ms: 5 }, 101);
  notify({ type: 'worker-exit', slot: 0, id: 1, generation: 1, code: 0, signal: null, reason: 'reload', ms: 5 }, 100);
  notify({ type: 'reload-done', generation: 2, ms: 20 });
  notify({ type: 'reload-started', generation: 3, workers: 1 });
  notify({ type: 'reload-failed', generation: 3, slot: 0, reason: 'boot-failed' });
  notify({ type: 'worker-exit', slot: 0, id: 2, generation: 2, code: 1, signal: null, reason: 'crash', ms: 5 }, 101);
  const { supervisor } = latest(session, 'supervisor');
  t.deepEqual(
    supervisor.reloads.map(({ outcome, canary }) => [outcome, canary]),
    [
      ['done', 'worker-ready'],
      ['rolled-back', undefined],
    ],
  );
  t.is(supervisor.events.length, 7);
  const { now } = latest(session, 'now');
  t.deepEqual(
    now.marks.map(({ kind }) => kind),
    ['reload', 'reload', 'rollback', 'crash'],
  );
  t.deepEqual(
    now.lanes[0]?.phases.map(({ phase, worker: { pid }, to }) => [pid, phase, to !== undefined]),
    [
      [100, 'ready', true],
      [101, 'ready', true],
      [100, 'exited', true],
      [101, 'exited', true],
    ],
  );
  const { balanced, unaccounted } = supervisor.account;
  t.false(balanced, 'the workers that ended have left no account');
  t.deepEqual([unaccounted.count, unaccounted.workers.map(({ pid }) => pid)], [3, [100, 101]]);
});

test('what a killed worker has sent and not counted keeps the sum of the account', (t) => {
  const { store, session, sample, notify } = sessionWith();
  sample([worker()]);
  notify(
    { type: 'worker-exit', slot: 0, id: 1, generation: 1, code: null, signal: 'SIGKILL', reason: 'hang', ms: 5 },
    100,
  );
  t.like(latest(session, 'supervisor').supervisor.account, { ended: 3, received: 0, unaccounted: { count: 3 } });
  t.is(store.held.spans, 0);
  sample([worker()], Date.now(), { ...account, ended: 3, held: 5 });
  t.like(latest(session, 'supervisor').supervisor.account, { ended: 5, held: 5, unaccounted: { count: 0 } });
});

test('a worker that is blocked is hung with its stack, once, and with the requests that waited', (t) => {
  const { store, session, sample, stall } = sessionWith();
  const frames = ['spin (/app/app.js:1:1)', 'handler (/app/app.js:2:1)'];
  sample([worker({ since: Date.now() - 10_000 })]);
  stall({ type: 'stalled', ms: 3_000, frames });
  sample([worker({ stall: { ms: 3_500, frames } })]);
  t.is(latest(session, 'now').now.lanes[0]?.phases.at(-1)?.phase, 'hung', 'what is sampled meanwhile changes nothing');
  stall({ type: 'hung', ms: 4_000, frames });
  store.addSpans([
    makeRequest({ slot: 0, ms: 2_000, route: '/waited' }),
    makeRequest({ slot: 1, ms: 2_000, route: '/elsewhere' }),
  ]);
  stall({ type: 'recovered', ms: 4_500, frames });
  const { supervisor } = latest(session, 'supervisor');
  t.is(supervisor.hangs.length, 1);
  t.false(supervisor.hangs[0]?.killed);
  t.not(supervisor.hangs[0]?.until, undefined);
  t.is(supervisor.hangs[0]?.stack, frames.join('\n'));
  t.deepEqual(supervisor.hangs[0]?.waiting, ['GET /waited']);
  const { lanes, marks } = latest(session, 'now').now;
  t.deepEqual(
    lanes[0]?.phases.map(({ phase }) => phase),
    ['ready', 'hung', 'ready'],
  );
  t.deepEqual(
    marks.map(({ kind, text }) => [kind, text]),
    [
      ['hang', 'worker 0 is blocked: spin (/app/app.js:1:1)'],
      ['recovered', 'worker 0 runs again after 4.5 s'],
    ],
  );
});

test('a worker that ends while it is blocked is blocked no longer', (t) => {
  const { store, session, stall, notify } = sessionWith();
  stall({ type: 'stalled', ms: 3_000, frames: [], why: 'its stack could not be read' });
  notify(
    { type: 'worker-exit', slot: 0, id: 1, generation: 1, code: null, signal: 'SIGKILL', reason: 'hang', ms: 5 },
    100,
  );
  const later = BigInt(Date.now() + 60_000) * 1_000_000n;
  store.addSpans([makeRequest({ slot: 0, route: '/later', startNs: later, endNs: later + 1_000_000n })]);
  const { hangs } = latest(session, 'supervisor').supervisor;
  t.deepEqual(
    hangs.map(({ stack, killed, waiting }) => [stack, killed, waiting]),
    [['its stack could not be read', true, []]],
  );
});

test('spans that nobody takes for some seconds are an outage, which ends when one is taken', (t) => {
  const { session, sample } = sessionWith();
  const begin = Date.now() - 20_000;
  const sampleAt = (ms: number, more: Partial<Sample['account']>) =>
    sample([worker()], begin + ms, { ...account, ...more });
  sampleAt(0, { held: 5 });
  sampleAt(1_000, { held: 9 });
  sampleAt(2_000, { held: 0 });
  sampleAt(3_000, { held: 4 });
  sampleAt(5_000, { held: 8 });
  sampleAt(6_500, { held: 9 });
  sampleAt(7_500, { held: 12 });
  sampleAt(8_500, { held: 2, exported: 13 });
  sampleAt(9_500, { held: 2, exported: 14 });
  t.deepEqual(
    latest(session, 'now').now.marks.map(({ at, kind, text }) => [at - begin, kind, text]),
    [
      [3_000, 'outage', '9 spans wait: the receiver takes none'],
      [8_500, 'recovered', 'spans are taken again'],
    ],
  );
});

test('why a parent is missing: its worker ended without an account', (t) => {
  const { store, session, notify } = sessionWith();
  const orphan = makeRequest({ slot: 3, parentSpanId: 'ffffffffffffffff' });
  store.addSpans([orphan]);
  t.regex(session.trace(orphan.traceId)?.missing[0]?.reason ?? '', /^it has not ended yet/);
  notify(
    { type: 'worker-exit', slot: 3, id: 1, generation: 1, code: null, signal: 'SIGKILL', reason: 'killed', ms: 5 },
    103,
  );
  t.regex(session.trace(orphan.traceId)?.missing[0]?.reason ?? '', /^worker 3 \(pid 103\) ended without an account/);
});
