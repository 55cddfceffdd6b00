import { dispatch, type Handlers, ignore } from '../contract/handlers.js';
import type { ItemAccount } from '../contract/item-account.js';
import { byCause, NO_SPANS } from '../contract/item-account.js';
import type { WorkerStats } from '../contract/messages.js';
import type { Notification } from '../core/types.js';
import type { Supervisor } from '../supervisor/supervisor.js';
import { OTHER_NOTIFICATIONS } from './other-notifications.js';

/** What the workers together have done, the gone ones included; never decreases. */
export interface Totals {
  readonly requests: number;
  readonly spans: ItemTotals;
  /** Undefined when no worker sends logs. */
  readonly logs: ItemTotals | undefined;
  readonly exits: ReadonlyMap<string, number>;
  readonly reloads: ReadonlyMap<string, number>;
}

/** Items whose fate is known, and what came in. */
export type ItemTotals = Pick<ItemAccount, 'ended' | 'recovered' | 'exported' | 'rejected' | 'dropped' | 'resent'>;

export interface Counters {
  /** Takes in what living workers say now. */
  totals(stats: ReadonlyMap<number, WorkerStats>): Totals;
}

/** An exit report may come after the exit: the accounts of so many ended workers stay open. */
const OPEN = 64;

interface Account {
  readonly requests: number;
  readonly spans: ItemTotals;
  readonly logs: ItemTotals | undefined;
}

/** Counts from the start of the supervisor on. */
export function createCounters(supervisor: Supervisor): Counters {
  let gone: Account = { requests: 0, spans: NO_SPANS, logs: undefined };
  const latest = new Map<number, Account>();
  const exits = new Map<string, number>();
  const reloads = new Map<string, number>();
  const ended: number[] = [];
  const settle = (id: number) => {
    const account = latest.get(id);
    if (account) gone = plus(gone, account);
    latest.delete(id);
  };
  supervisor.on('flushed', ({ id, requests, spans }) => latest.set(id, accountOf(requests, spans)));
  const handlers: Handlers<Notification> = {
    ...OTHER_NOTIFICATIONS,
    'worker-starting': ignore,
    'worker-ready': ignore,
    'worker-exit': ({ id, reason }) => {
      const open = ended.push(id) > OPEN ? ended.shift() : undefined;
      if (open !== undefined) settle(open);
      increment(exits, reason);
    },
    'reload-done': () => increment(reloads, 'done'),
    'reload-failed': () => increment(reloads, 'failed'),
  };
  supervisor.on('notification', (notification) => dispatch(handlers, notification));
  return {
    totals: (stats) => {
      for (const [id, { requests, spans }] of stats) latest.set(id, accountOf(requests, spans));
      const sum = [...latest.values()].reduce(plus, gone);
      return { ...sum, exits, reloads };
    },
  };
}

function accountOf(requests: number, spans: WorkerStats['spans']): Account {
  return { requests, spans: spans ?? NO_SPANS, logs: spans?.logs };
}

function plus(one: Account, other: Account): Account {
  return {
    requests: one.requests + other.requests,
    spans: plusItems(one.spans, other.spans),
    logs: one.logs && other.logs ? plusItems(one.logs, other.logs) : (one.logs ?? other.logs),
  };
}

function plusItems(
  { ended, recovered, exported, rejected, dropped, resent = 0 }: ItemTotals,
  more: ItemTotals,
): ItemTotals {
  return {
    ended: ended + more.ended,
    recovered: recovered + more.recovered,
    exported: exported + more.exported,
    rejected: rejected + more.rejected,
    resent: resent + (more.resent ?? 0),
    dropped: byCause((cause) => dropped[cause] + more.dropped[cause]),
  };
}

function increment(counts: Map<string, number>, key: string): void {
  counts.set(key, (counts.get(key) ?? 0) + 1);
}
