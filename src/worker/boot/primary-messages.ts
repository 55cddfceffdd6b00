import { type NamedHooks, runHooks } from '../../../hooks/runner.js';
import type { Handlers } from '../../contract/handlers.js';
import type { PrimaryMessage, WorkerStats } from '../../contract/messages.js';
import { isDebugged } from '../../contract/signs-of-life.js';
import type { Exit } from '../exit/exit.js';
import type { Arrivals } from '../moving/arrivals.js';
import type { Mover } from '../moving/mover.js';
import type { RawHandle } from '../node-internals/http-connection.js';
import type { Channel } from './channel.js';
import type { ReadyGate } from './ready-gate.js';
import type { SpanWatching } from './span-watching.js';
import type { WorkerContext } from './worker-context.js';
import type { WorkerFile } from './worker-files.js';

/** What the messages of the primary act on. */
interface OrderParts {
  readonly channel: Pick<Channel, 'send'>;
  readonly context: Pick<WorkerContext, 'worker' | 'scrape'>;
  readonly hooks: readonly NamedHooks[];
  readonly exit: Pick<Exit, 'stop'>;
  readonly ready: Pick<ReadyGate, 'portless'>;
  readonly arrivals: Arrivals;
  readonly watching: Pick<SpanWatching, 'watch'>;
  /** Absent where nobody could take a connection. */
  readonly mover: Pick<Mover, 'held' | 'settle'> | undefined;
  readonly files: readonly WorkerFile[];
  stats(): WorkerStats;
  /** Settles when the onWorkerReady hooks have run. */
  served(): Promise<void>;
}

/** One row for each message of the primary. */
export function orderHandlers(parts: OrderParts): Handlers<PrimaryMessage, [handle: RawHandle | undefined]> {
  const { channel, context, hooks, exit, ready, arrivals, mover, watching } = parts;
  return {
    stop: (order) => exit.stop(order),
    'ask-room': () => channel.send({ type: 'room', places: arrivals.room() }),
    take: ({ pass, connection }, handle) => arrivals.take(pass, connection, handle),
    'passes-sent': ({ passes }) => arrivals.sent(passes),
    held: ({ moves }) => mover?.held(moves),
    moved: ({ moves }) => mover?.settle(moves, 'moved'),
    kept: ({ moves }) => mover?.settle(moves, 'kept'),
    // The first one may come while `ready` is being said.
    recover: ({ ends, running }) =>
      queueMicrotask(() => parts.served().then(() => runHooks.onRecover(hooks, context.worker, { ends, running }))),
    lifecycle: ({ upTo, spans }) => {
      if (context.worker.reason !== undefined) return; // its flush may be over: no answer
      void runHooks.onLifecycle(hooks, context.worker, spans).then(() => channel.send({ type: 'recorded', upTo }));
    },
    watch: (order) => watching.watch(order),
    stats: ({ request }) => channel.send({ type: 'stats', request, answer: parts.stats() }),
    metrics: ({ request }) =>
      void context.scrape().then((answer) => channel.send({ type: 'metrics', request, answer })),
    'ask-portless': () => {
      if (!ready.portless()) channel.send({ type: 'holds-server' });
    },
    'reopen-files': () => {
      for (const file of parts.files) file.reopen();
    },
    'ask-alive': () => channel.send({ type: 'alive', debugged: isDebugged() }),
  };
}
