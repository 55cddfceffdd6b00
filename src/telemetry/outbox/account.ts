import { byCause, DROP_CAUSES, DROP_FIXES, type DropCause, droppedOf } from '../../contract/item-account.js';
import type { Signal } from './format/record.js';

/** Where the sampled items of one signal are, at one instant. */
export interface AccountSnapshot {
  /** Ended and sampled in this process. */
  readonly ended: number;
  /** Taken over from workers that are gone. */
  readonly recovered: number;
  /** Of those, the ones that had not ended with their worker, and were ended here as errors. */
  readonly interrupted: number;
  /** Sent again because no answer came in time: the collector may have them more than once. Each time counts. */
  readonly resent: number;
  /** Acknowledged by the collector. */
  readonly exported: number;
  /** Refused by the collector in a partial success. */
  readonly rejected: number;
  /** On disk, not acknowledged. */
  readonly spooled: number;
  /** In memory only: queued or in flight. */
  readonly pending: number;
  readonly dropped: Readonly<Record<DropCause, number>>;
  /** Why the collector refuses everything, while it does. */
  readonly held?: string;
}

/** Something that holds items and can say how many. */
type Gauge = () => { readonly spooled: number; readonly pending: number };

export type OnDrop = (cause: DropCause, items: number, why: string, fix: string, signal: Signal) => void;

interface AccountOptions {
  readonly signal: Signal;
  readonly now: () => number;
  /** Called at once for the first drop of a cause, then at most once per interval with the sum since. */
  readonly onDrop: OnDrop;
  /** Milliseconds between two warnings of one cause. Default: 60,000. */
  readonly warnEveryMs?: number;
}

/**
 * Counts what became of every item. What is final (exported, rejected, dropped) is counted here when it happens; what
 * is not (spooled, pending) is asked of those who hold it, so that `balance` compares two independent sources.
 */
export class Account {
  ended = 0;
  recovered = 0;
  interrupted = 0;
  resent = 0;
  held: string | undefined;
  exported = 0;
  rejected = 0;
  readonly #dropped = byCause(() => 0);
  readonly #unreported = byCause(() => 0);
  readonly #fixes = new Map<DropCause, string>();
  readonly #warnedAt = new Map<DropCause, number>();
  readonly #gauges: Gauge[] = [];
  readonly #options: AccountOptions;

  constructor(options: AccountOptions) {
    this.#options = options;
  }

  /** Adds a holder of items that are not settled yet. */
  watch(gauge: Gauge): void {
    this.#gauges.push(gauge);
  }

  /** @param fix what to do about it, where more is known than the cause */
  drop(cause: DropCause, items: number, why: string, fix: string = DROP_FIXES[cause]): void {
    if (items === 0) return;
    this.#fixes.set(cause, fix);
    this.#dropped[cause] += items;
    this.#unreported[cause] += items;
    const warnedAt = this.#warnedAt.get(cause);
    const now = this.#options.now();
    if (warnedAt !== undefined && now - warnedAt < (this.#options.warnEveryMs ?? 60_000)) return;
    this.#warnedAt.set(cause, now);
    this.#warn(cause, why);
  }

  /** Warns of the drops that the interval held back; at the end. */
  warnOfRest(): void {
    for (const cause of DROP_CAUSES) if (this.#unreported[cause] > 0) this.#warn(cause, 'since the last warning');
  }

  snapshot(): AccountSnapshot {
    const held = this.#gauges.map((gauge) => gauge());
    const { ended, recovered, interrupted, resent, exported, rejected } = this;
    const spooled = held.reduce((sum, gauge) => sum + gauge.spooled, 0);
    const pending = held.reduce((sum, gauge) => sum + gauge.pending, 0);
    const counts = { ended, recovered, interrupted, resent, exported, rejected };
    const { held: reason } = this;
    return {
      ...counts,
      spooled,
      pending,
      dropped: { ...this.#dropped },
      ...(reason !== undefined && { held: reason }),
    };
  }

  #warn(cause: DropCause, why: string): void {
    const items = this.#unreported[cause];
    this.#unreported[cause] = 0;
    this.#options.onDrop(cause, items, why, this.#fixes.get(cause) ?? DROP_FIXES[cause], this.#options.signal);
  }
}

/** What came in minus what is known of it: 0 unless the account is wrong. */
export function balance(account: AccountSnapshot): number {
  const { exported, rejected, spooled, pending } = account;
  return account.ended + account.recovered - exported - rejected - spooled - pending - droppedOf(account);
}
