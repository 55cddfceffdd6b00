import type { WorkerStats } from '../ipc/messages.js';
import type { Supervisor } from '../primary/supervisor.js';

/** What the workers together have done, the gone ones included; never decreases. */
export interface Totals {
  readonly requests: number;
  readonly ended: number;
  readonly exported: number;
  readonly dropped: number;
  readonly exits: ReadonlyMap<string, number>;
  readonly reloads: ReadonlyMap<string, number>;
}

export interface Counters {
  /** Takes in what living workers say now. */
  totals(stats: ReadonlyMap<number, WorkerStats>): Totals;
}

/** Last words may come after the exit: the accounts of so many ended workers stay open. */
const OPEN = 64;

interface Account {
  requests: number;
  ended: number;
  exported: number;
  dropped: number;
}

/** Counts from the start of the supervisor on. */
export function createCounters(supervisor: Supervisor): Counters {
  const gone: Account = { requests: 0, ended: 0, exported: 0, dropped: 0 };
  const latest = new Map<number, Account>();
  const exits = new Map<string, number>();
  const reloads = new Map<string, number>();
  const ended: number[] = [];
  const settle = (id: number) => {
    const account = latest.get(id);
    if (account) add(gone, account);
    latest.delete(id);
  };
  supervisor.on('flushed', ({ id, requests, spans }) => latest.set(id, accountOf(requests, spans)));
  supervisor.on('news', (news) => {
    if (news.type === 'worker-exit') {
      ended.push(news.id);
      if (ended.length > OPEN) settle(ended.shift()!);
      increment(exits, news.reason);
    }
    if (news.type === 'reload-done') increment(reloads, 'done');
    if (news.type === 'reload-failed') increment(reloads, 'failed');
  });
  return {
    totals: (stats) => {
      for (const [id, { requests, spans }] of stats) latest.set(id, accountOf(requests, spans));
      const sum = { ...gone };
      for (const account of latest.values()) add(sum, account);
      return { ...sum, exits, reloads };
    },
  };
}

function accountOf(requests: number, spans: WorkerStats['spans']): Account {
  return { requests, ended: spans?.ended ?? 0, exported: spans?.exported ?? 0, dropped: spans?.dropped ?? 0 };
}

function add(sum: Account, more: Account): void {
  for (const key of ['requests', 'ended', 'exported', 'dropped'] as const) sum[key] += more[key];
}

function increment(counts: Map<string, number>, key: string): void {
  counts.set(key, (counts.get(key) ?? 0) + 1);
}
