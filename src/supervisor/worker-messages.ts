import type { Handlers } from '../contract/handlers.js';
import type { Log } from '../contract/log.js';
import { eventLog } from '../contract/log-events.js';
import type { Flushed, WorkerMessage } from '../contract/messages.js';
import type { Event } from '../core/types.js';
import type { Moving } from './connection-moves.js';
import type { ExitBookkeeping } from './exit-bookkeeping.js';
import type { Portless } from './portless.js';
import type { Handle } from './ports.js';
import type { ProcessTableParts } from './process-table.js';
import type { RequestBroker } from './request-broker.js';
import type { SpanWatches } from './span-watches.js';

export type Sender = Parameters<ProcessTableParts['onMessage']>[0];

/** What the messages of workers act on. */
interface MessageParts {
  readonly log: Log;
  readonly moving: Moving;
  readonly portless: Portless;
  readonly requestBroker: RequestBroker;
  readonly bookkeeping: ExitBookkeeping;
  readonly spanWatches: SpanWatches;
  enqueue(event: Event): void;
  /** Whether a recycle at the memory limit may follow the last one already. */
  mayRecycleForMemory(from: Sender): boolean;
  onFlushed(from: Sender, message: Flushed): void;
}

export type MessageHandlers = Handlers<WorkerMessage, [from: Sender, handle: Handle | undefined]>;

/** One row for each message of a worker. What the process table has noted of it already is done in process-table.ts. */
export function messageHandlers(parts: MessageParts): MessageHandlers {
  const { log, moving, portless, requestBroker, bookkeeping, spanWatches, enqueue } = parts;
  return {
    // The rest is noted by the process table.
    booting: (_message, { id }) => spanWatches.booted(id),
    ready: (message, from) => {
      enqueue({ type: 'ready', id: from.id });
      portless.heard(from, message);
    },
    settled: (message, from) => portless.heard(from, message),
    'holds-server': (message, from) => portless.heard(from, message),
    notice: (message, from) => portless.heard(from, message),
    alive: (_message, { id }) => enqueue({ type: 'alive', id }),
    stats: (message, { id }) => requestBroker.take(id, message),
    metrics: (message, { id }) => requestBroker.take(id, message),
    watched: ({ type: _, ...report }, from) => spanWatches.take(from, report),
    'recycle-me': ({ cause, text }, from) => {
      if (cause === 'max-memory' && !parts.mayRecycleForMemory(from)) return;
      eventLog(log, 'worker-recycled', { slot: from.slot }).info(`worker ${from.slot} is recycled: ${text}`, { cause });
      enqueue({ type: 'recycle', id: from.id, reason: 'recycle' });
    },
    // A worker that was asked to stop only confirms it: `leaving` is ignored while it is draining.
    stopping: ({ reason }, { id }) => enqueue({ type: 'leaving', id, reason }),
    recorded: ({ upTo }, { id }) => bookkeeping.recorded(id, upTo),
    room: (message, { id }, handle) => moving.take(id, message, handle),
    move: (message, { id }, handle) => moving.take(id, message, handle),
    'moves-sent': (message, { id }, handle) => moving.take(id, message, handle),
    taken: (message, { id }, handle) => moving.take(id, message, handle),
    refused: (message, { id }, handle) => moving.take(id, message, handle),
    flushed: (message, from) => parts.onFlushed(from, message),
  };
}
