import type { Config } from '../config/types.js';
import type { Log } from '../contract/log.js';
import type { Flushed } from '../contract/messages.js';
import { isEnding } from '../core/cluster-phase.js';
import { candidates, members, serves } from '../core/roster.js';
import type { Notification, State } from '../core/types.js';
import { createLifecycleSpans } from './lifecycle-spans/lifecycle-spans.js';
import { isPlanned } from './log-notifications.js';
import type { ProcessTable } from './process-table.js';
import { createRecovery } from './recovery.js';
import type { Leftovers } from './start-flush-process.js';

interface ExitBookkeepingParts {
  state(): State;
  config(): Config;
  readonly processes: ProcessTable;
  readonly log: Log;
}

/** What workers leave when they end, and who takes it: undelivered spans, and the story of how they ended. */
export interface ExitBookkeeping {
  take(notification: Notification): void;
  /** A worker says that lifecycle spans up to that number are on record. */
  recorded(id: number, upTo: number): void;
  exitReport(id: number, report: Pick<Flushed, 'spans' | 'gaveUp'>): void;
  /** It is reaped, and its exit decided on. */
  exited(id: number): void;
  leftovers(): Leftovers;
}

export function createExitBookkeeping({ state, config, processes, log }: ExitBookkeepingParts): ExitBookkeeping {
  const send = processes.send;
  const recovery = createRecovery({
    ready: () => candidates(state()).flatMap((one) => (serves(one) ? [one.id] : [])),
    running: () => members(state()).flatMap(({ id }) => processes.pid(id) ?? []),
    journalStarts: () => config().journalStarts,
    stopping: () => isEnding(state()),
    send,
  });
  const lifecycleSpans = createLifecycleSpans({
    ...processes,
    now: Date.now,
    roll: Math.random,
    candidates: () => candidates(state()).map(({ id }) => id),
    onOverflow: () => log.warn('too much happened to put all of it into the traces: the oldest is left out'),
  });
  const ended = (notification: Extract<Notification, { type: 'worker-exit' }>) => {
    const { id, slot, generation, code, signal, reason } = notification;
    const exit = { slot, pid: processes.pid(id) ?? 0, generation, code, signal, reason };
    const unplanned = isPlanned(notification) || notification.done ? undefined : processes.remember(id, exit);
    recovery.ended(exit, unplanned?.at ?? Date.now());
    if (unplanned) lifecycleSpans.ended(id, unplanned);
  };
  const spools = () => config().telemetry && config().delivery !== 'memory';
  return {
    take: (notification) => {
      if (notification.type === 'worker-exit') ended(notification);
      lifecycleSpans.take(notification);
      if (notification.type === 'worker-ready' && spools()) recovery.ready(notification.id);
    },
    recorded: lifecycleSpans.recorded,
    exitReport: recovery.exitReport,
    exited: (id) => {
      lifecycleSpans.exited(id);
      if (spools()) recovery.exited(id);
    },
    leftovers: () => ({
      refused: recovery.refused(),
      workers: recovery.workers(),
      lifecycle: lifecycleSpans.rest(),
    }),
  };
}
