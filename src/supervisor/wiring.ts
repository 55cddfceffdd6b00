import type { Config } from '../config/types.js';
import { dispatch } from '../contract/handlers.js';
import type { Flushed } from '../contract/messages.js';
import type { Event, State } from '../core/types.js';
import { createMoving, type Moving } from './connection-moves.js';
import { type ConnectionTotals, createConnectionTotals } from './connection-totals.js';
import { createExitBookkeeping, type ExitBookkeeping } from './exit-bookkeeping.js';
import { logFlushed } from './log-notifications.js';
import { createLostPipes } from './lost-pipes.js';
import { createMemoryRecycles, type MemoryAsk } from './memory-recycles.js';
import { exitEvent } from './out-of-memory.js';
import { createPortless } from './portless.js';
import { createProcessTable, type ProcessTable } from './process-table.js';
import { createRequestBroker, type RequestBroker } from './request-broker.js';
import { createSpanWatches, type SpanWatches } from './span-watches.js';
import type { SupervisorEvents, SupervisorParts, WorkerStall } from './supervisor-parts.js';
import { createTimers, type Timers } from './timers.js';
import { type MessageHandlers, messageHandlers, type Sender } from './worker-messages.js';

/** What the parts around the core need of it. */
interface Center {
  state(): State;
  /** What the current generation runs on. */
  config(): Config;
  /** What the newest generation runs on. */
  nextConfig(): Config;
  enqueue(event: Event): void;
  onFlushed(report: SupervisorEvents['flushed'][0]): void;
  onStall(stall: WorkerStall): void;
}

/** The parts around the core: effects act on them, and what they notice becomes an event. */
export interface Wired {
  readonly processes: ProcessTable;
  readonly moving: Moving;
  readonly timers: Timers;
  readonly bookkeeping: ExitBookkeeping;
  readonly connections: ConnectionTotals;
  readonly requestBroker: RequestBroker;
  readonly spanWatches: SpanWatches;
  /** Nothing is to be remembered of a worker whose exit was decided on. */
  forget(id: number): void;
}

export function wire(parts: SupervisorParts, center: Center): Wired {
  const { ports, log } = parts;
  const { enqueue } = center;
  const processes = createProcessTable({
    ...parts,
    onMessage: (from, message, handle) => dispatch(handlers, message, from, handle),
    wanted: () => center.state().reload?.targetAfter ?? center.state().target,
    onHung: (id) => enqueue({ type: 'hung', id }),
    onStall: center.onStall,
    onPipeLost: (id, pipe) => {
      pipes.lost(id, pipe);
      if (pipe === 'channel') moving.cut(id);
    },
    onExit: (id, code, signal, unstarted) => {
      const exit = { id, code, signal, ...(unstarted && { unstarted: true as const }) };
      enqueue(exitEvent(parts, processes.slot(id), exit));
    },
  });
  const portless = createPortless({
    ports,
    log,
    readyBy: () => center.nextConfig().ready,
    ask: (id) => processes.send(id, { type: 'ask-portless' }),
    enqueue,
  });
  const timers = createTimers(ports, (key) => portless.due(key) || enqueue({ type: 'timer', key }));
  const bookkeeping = createExitBookkeeping({ state: center.state, config: center.config, processes, log });
  const connections = createConnectionTotals(log);
  const moving = createMoving(processes, ports.timer);
  const requestBroker = createRequestBroker(ports, processes.send);
  const spanWatches = createSpanWatches(ports, processes.send);
  const pipes = createLostPipes({
    ...{ ports, log, enqueue },
    serving: (id) => (center.state().members[id]?.phase === 'ready' ? processes.slot(id) : undefined),
  });
  const memoryAllows = createMemoryRecycles(ports.now, log);
  const handlers: MessageHandlers = messageHandlers({
    ...{ log, moving, portless, requestBroker, bookkeeping, spanWatches, enqueue },
    mayRecycleForMemory: (from) => memoryAllows(aged(from, center.state(), processes, ports.now())),
    onFlushed: ({ id, slot, pid }: Sender, message: Flushed) => {
      bookkeeping.exitReport(id, message);
      logFlushed(log, slot, message);
      if (message.connections) connections.add(slot, message.connections);
      center.onFlushed({ ...message, id, slot, pid });
    },
  });
  const forget = (id: number) => {
    portless.forget(id);
    moving.gone(id);
    pipes.forget(id);
    spanWatches.forget(id);
    processes.forget(id);
    bookkeeping.exited(id);
  };
  return { processes, moving, timers, bookkeeping, connections, requestBroker, spanWatches, forget };
}

function aged({ id, slot }: Sender, state: State, processes: ProcessTable, now: number): MemoryAsk {
  const { generation = 0 } = state.members[id] ?? {};
  return { id, slot, generation, ageMs: now - (processes.startedAt(id) ?? 0) };
}
