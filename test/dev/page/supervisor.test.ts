import test from 'ava';
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
    sample: (workers: readonly WorkerSample[], at = Date.now()) =>
      session.supervisor({ type: 'sample', at, sample: { phase: 'running', workers, account } }),
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
      ['failed', undefined],
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
  t.false(supervisor.account.balanced, 'the worker that crashed has left no account');
});

test('a worker that is blocked is hung with its stack, once, and with the requests that waited', (t) => {
  const { store, session, sample } = sessionWith();
  const stall = { ms: 3_000, frames: ['spin (/app/app.js:1:1)', 'handler (/app/app.js:2:1)'] };
  sample([worker({ stall })]);
  sample([worker({ stall: { ...stall, ms: 4_000 } })]);
  store.addSpans([
    makeRequest({ slot: 0, ms: 2_000, route: '/waited' }),
    makeRequest({ slot: 1, ms: 2_000, route: '/elsewhere' }),
  ]);
  sample([worker()]);
  const { supervisor } = latest(session, 'supervisor');
  t.is(supervisor.hangs.length, 1);
  t.is(supervisor.hangs[0]?.stack, stall.frames.join('\n'));
  t.deepEqual(supervisor.hangs[0]?.waiting, ['GET /waited /waited']);
  t.deepEqual(
    latest(session, 'now').now.lanes[0]?.phases.map(({ phase }) => phase),
    ['hung', 'ready'],
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
