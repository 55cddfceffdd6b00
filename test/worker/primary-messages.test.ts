import test from 'ava';
import type { NamedHooks } from '../../hooks/runner.js';
import { dispatch } from '../../src/contract/handlers.js';
import type { PrimaryMessage, WorkerMessage, WorkerStats } from '../../src/contract/messages.js';
import { orderHandlers } from '../../src/worker/boot/primary-messages.js';
import { createWorkerContext } from '../../src/worker/boot/worker-context.js';
import { workerBoot } from './worker-boot.js';

/** The handlers of a worker over parts that only note what is asked of them. */
function orders(hooks: NamedHooks['hooks'] = {}, served: Promise<void> = Promise.resolve()) {
  const sent: WorkerMessage[] = [];
  const done: unknown[][] = [];
  const note =
    (name: string) =>
    (...args: unknown[]) =>
      void done.push([name, ...args]);
  const context = createWorkerContext(workerBoot());
  const state = { portless: false };
  const handlers = orderHandlers({
    channel: { send: (message) => sent.push(message) },
    context,
    hooks: [{ source: 'h', hooks }],
    exit: { stop: note('stop') },
    ready: { portless: () => state.portless },
    arrivals: { room: () => ({ here: 2 }), take: note('take'), sent: note('sent') },
    mover: { held: note('held'), settle: note('settle') },
    watching: { watch: note('watch') },
    files: [
      { reopen: note('reopen a'), settle: () => false },
      { reopen: note('reopen b'), settle: () => false },
    ],
    stats: () => ({ requests: 3 }) as WorkerStats,
    served: () => served,
  });
  return { sent, done, state, context, take: (message: PrimaryMessage) => dispatch(handlers, message, undefined) };
}

const turn = () => new Promise(setImmediate);

test('each order goes where it belongs, with what came with it', (t) => {
  const { take, done } = orders();
  const stop = { type: 'stop', reason: 'reload', drainMs: 1, flushMs: 2, move: true } as const;
  take(stop);
  take({ type: 'take', pass: 1, connection: { place: 'p', requests: 0 } });
  take({ type: 'passes-sent', passes: [1, 2] });
  take({ type: 'held', moves: [3, 4] });
  take({ type: 'moved', moves: [3] });
  take({ type: 'kept', moves: [4] });
  take({ type: 'reopen-files' });
  take({ type: 'watch', watch: 9, ms: 5 });
  t.deepEqual(done, [
    ['stop', stop],
    ['take', 1, { place: 'p', requests: 0 }, undefined],
    ['sent', [1, 2]],
    ['held', [3, 4]],
    ['settle', [3], 'moved'],
    ['settle', [4], 'kept'],
    ['reopen a'],
    ['reopen b'],
    ['watch', { type: 'watch', watch: 9, ms: 5 }],
  ]);
});

test('each question is answered with its own number', async (t) => {
  const { take, sent, context } = orders();
  context.worker.exposeMetrics(() => 'a 1\n');
  take({ type: 'ask-room' });
  take({ type: 'stats', request: 4 });
  take({ type: 'metrics', request: 5 });
  take({ type: 'ask-alive' });
  await turn();
  t.deepEqual(
    [...sent].sort((a, b) => a.type.localeCompare(b.type)),
    [
      { type: 'alive', debugged: false },
      { type: 'metrics', request: 5, answer: 'a 1\n' },
      { type: 'room', places: { here: 2 } },
      { type: 'stats', request: 4, answer: { requests: 3 } as WorkerStats },
    ],
  );
});

test('a worker that holds a server says so when its boot lasts too long; one that is portless says it otherwise', (t) => {
  const { take, sent, state } = orders();
  take({ type: 'ask-portless' });
  t.deepEqual(sent, [{ type: 'holds-server' }]);
  state.portless = true;
  take({ type: 'ask-portless' });
  t.is(sent.length, 1);
});

test('leftovers are taken over behind the onWorkerReady hooks, and not in the midst of them', async (t) => {
  const ran: unknown[] = [];
  let serve: () => void = () => undefined;
  const served = new Promise<void>((resolve) => {
    serve = resolve;
  });
  const { take } = orders({ onRecover: (_worker, known) => void ran.push(known) }, served);
  take({ type: 'recover', ends: [], running: [7] });
  await turn();
  t.deepEqual(ran, []);
  serve();
  await turn();
  t.deepEqual(ran[0], { ends: [], running: [7] }, 'what docs/HOOKS.md says, and nothing of the message');
});

test('lifecycle spans are put on record and said to be; a worker that is stopping leaves them to another', async (t) => {
  const { take, sent, context } = orders();
  take({ type: 'lifecycle', upTo: 3, spans: [] });
  await turn();
  t.deepEqual(sent, [{ type: 'recorded', upTo: 3 }]);
  context.setReason('stop');
  take({ type: 'lifecycle', upTo: 4, spans: [] });
  await turn();
  t.is(sent.length, 1);
});
