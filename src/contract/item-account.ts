import { keysOf } from './table-keys.js';

/** Why a span, a log record or a metric was lost (docs/DELIVERY.md), and what to do about it: the second half of its warning. */
export const DROP_FIXES = {
  queue_full: 'Let them go to disk with --delivery spool, or give the collector more room.',
  late: 'End spans before the flush, or use --delivery spool, which keeps the late ones.',
  disk_full: 'Free the disk below --spool-dir, or raise --spool-max.',
  expired: 'Bring the collector back sooner, raise --flush-timeout or --spool-max-age, or use --delivery spool.',
  non_retryable: 'Check the endpoint, its path and the headers: the collector refused for good.',
} as const;

export type DropCause = keyof typeof DROP_FIXES;
export const DROP_CAUSES: readonly DropCause[] = keysOf(DROP_FIXES);

/** A value for each cause. */
export function byCause<T>(make: (cause: DropCause) => T): Record<DropCause, T> {
  return {
    queue_full: make('queue_full'),
    late: make('late'),
    disk_full: make('disk_full'),
    expired: make('expired'),
    non_retryable: make('non_retryable'),
  };
}

/** What became of a worker's items of one kind: `ended + recovered = exported + rejected + spooled + pending + dropped`. */
export interface ItemAccount {
  /** Ended and sampled. */
  readonly ended: number;
  /** Taken over from workers that are gone. */
  readonly recovered: number;
  /** Of those, the ones that had not ended with their worker, and were ended as errors (`--journal-starts`). */
  readonly interrupted?: number;
  /** Sent again because no answer came in time: the collector may have them more than once. Each time counts. */
  readonly resent?: number;
  /** Why the collector refuses everything, while it does: a key or an address is wrong. What waits is kept. */
  readonly held?: string;
  /** Acknowledged by the collector. */
  readonly exported: number;
  /** Refused by the collector within a request it accepted. */
  readonly rejected: number;
  /** On disk, not acknowledged: they are sent later. */
  readonly spooled: number;
  /** In memory only: queued or in flight. 0 in a last account. */
  readonly pending: number;
  readonly dropped: Readonly<Record<DropCause, number>>;
}

/** What became of a worker's spans, and of its log records and metrics if it sends any. */
export interface SpanAccount extends ItemAccount {
  readonly logs?: ItemAccount;
  /** Each metric counts once for each time it is collected. */
  readonly metrics?: ItemAccount;
}

/** The account of a worker that has ended no span. */
export const NO_SPANS: ItemAccount = {
  ended: 0,
  recovered: 0,
  interrupted: 0,
  resent: 0,
  exported: 0,
  rejected: 0,
  spooled: 0,
  pending: 0,
  dropped: byCause(() => 0),
};

/** All that was lost, whatever the cause. */
export function droppedOf({ dropped }: Pick<ItemAccount, 'dropped'>): number {
  return Object.values(dropped).reduce((sum, spans) => sum + spans, 0);
}

/** The accounts of all signals in one. */
export function partsOf(account: SpanAccount): ItemAccount[] {
  return [account, account.logs, account.metrics].filter((part) => part !== undefined);
}

/**
 * `37 spans in 12 ms, spooled 0, dropped 0`; what was recovered, rejected or is still open is named when there is any, and so
 * are logs and metrics when they are sent.
 */
export function describeAccount(account: SpanAccount, ms: number): string {
  const { logs, metrics } = account;
  const others = [logs && describe(logs, 'log records'), metrics && describe(metrics, 'metrics')];
  return [describe(account, 'spans', ` in ${Math.round(ms)} ms`), ...others.filter((text) => text !== undefined)].join(
    '; ',
  );
}

function describe(account: ItemAccount, noun: string, when = ''): string {
  const { exported, spooled } = account;
  const rare = (['recovered', 'interrupted', 'resent', 'rejected', 'pending'] as const).filter(
    (name) => (account[name] ?? 0) > 0,
  );
  const tail = rare.map((name) => `, ${name} ${account[name]}`).join('');
  return `${exported} ${noun}${when}, spooled ${spooled}, dropped ${droppedOf(account)}${tail}`;
}
