import type { Config } from '../config/types.js';
import { dispatch } from '../contract/handlers.js';
import type { Flushed } from '../contract/messages.js';
import type { Event, State } from '../core/types.js';
import { createTrial } from './canary-probe.js';
import { createMoving, type Moving } from './connection-moves.js';
import { type ConnectionTotals, createConnectionTotals } from './connection-totals.js';
import { createEstate, type Estate } from './exit-bookkeeping.js';
import { logFlushed } from './log-notifications.js';
import { createMemoryRecycles, type MemoryAsk } from './memory-recycles.js';
import { exitEvent } from './out-of-memory.js';
import { createPortless } from './portless.js';
import { type Crew, createCrew } from './process-table.js';
import { createStatsDesk, type StatsDesk } from './request-broker.js';
import type { SupervisorEvents, SupervisorParts } from './supervisor-parts.js';
import { createTimers, type Timers } from './timers.js';
import { type MessageHandlers, messageHandlers, type Sender } from './worker-messages.js';

/** What the parts around the core need of it. */
export interface Center {
  state(): State;
  /** What the current generation runs on. */
  config(): Config;
  /** What the newest generation runs on. */
  nextConfig(): Config;
  enqueue(event: Event): void;
  onFlushed(report: SupervisorEvents['flushed'][0]): void;
}

/** The parts around the core: effects act on them, and what they notice becomes an event. */
export interface Wired {
  readonly crew: Crew;
  readonly moving: Moving;
  readonly timers: Timers;
  readonly estate: Estate;
  readonly connections: ConnectionTotals;
  readonly desk: StatsDesk;
  /** Nothing is to be remembered of a worker whose exit was decided on. */
  forget(id: number): void;
}

export function wire(parts: SupervisorParts, center: Center): Wired {
  const { ports, log } = parts;
  const { enqueue } = center;
  const crew = createCrew({
    ...parts,
    onMessage: (from, message, handle) => dispatch(handlers, message, from, handle),
    onHung: (id) => enqueue({ type: 'hung', id }),
    onExit: (id, code, signal, unstarted) => {
      const exit = { id, code, signal, ...(unstarted && { unstarted: true as const }) };
      enqueue(exitEvent(parts, crew.slot(id), exit));
    },
  });
  const trial = createTrial({
    ports,
    patienceMs: () => center.state().policy.bootTimeout,
    ask: (id) => crew.send(id, { type: 'ask-alive' }),
    enqueue,
  });
  const portless = createPortless({
    ports,
    log,
    isAsked: () => center.nextConfig().ready === 'auto',
    ask: (id) => crew.send(id, { type: 'ask-portless' }),
    enqueue,
  });
  const timers = createTimers(ports, (key) => portless.due(key) || trial.due(key));
  const estate = createEstate({ state: center.state, config: center.config, crew, log });
  const connections = createConnectionTotals(log);
  const moving = createMoving(crew, ports.timer);
  const desk = createStatsDesk(ports, crew.send);
  const memoryAllows = createMemoryRecycles(ports.now, log);
  const handlers: MessageHandlers = messageHandlers({
    ...{ log, moving, portless, trial, desk, estate, enqueue },
    mayRecycleForMemory: (from) => memoryAllows(aged(from, center.state(), crew, ports.now())),
    onFlushed: ({ id, slot, pid }: Sender, message: Flushed) => {
      estate.lastWords(id, message);
      logFlushed(log, slot, message);
      if (message.connections) connections.add(slot, message.connections);
      center.onFlushed({ ...message, id, slot, pid });
    },
  });
  const forget = (id: number) => {
    trial.forget(id);
    portless.forget(id);
    moving.gone(id);
    crew.forget(id);
    estate.exited(id);
  };
  return { crew, moving, timers, estate, connections, desk, forget };
}

function aged({ id, slot }: Sender, state: State, crew: Crew, now: number): MemoryAsk {
  const { generation = 0 } = state.members[id] ?? {};
  return { id, slot, generation, ageMs: now - (crew.startedAt(id) ?? 0) };
}
