import { setImmediate } from 'node:timers/promises';
import type { SpanProcessor } from '@opentelemetry/sdk-trace-node';
import type { SpanAccount } from '../contract/item-account.js';
import type { KnownWorkers } from '../contract/worker-exit.js';
import { SIGNALS, type Spool } from './outbox/index.js';

export interface FlushMode {
  /** The process has more to do afterwards, and will flush again. Default: false, this is the last flush. */
  readonly goesOn?: boolean | undefined;
  /** Other workers send what is on disk: a collector that is down is not waited for. Default: false. */
  readonly othersSend?: boolean | undefined;
}

/** One way out for a worker's spans. */
export interface SpanSink {
  readonly processor: SpanProcessor;
  account(): SpanAccount;
  /** Loads what the first request needs, so that it is not loaded under traffic, or from files a deploy has replaced. */
  warm(): Promise<void>;
  /** Begins to deliver what waits. */
  hurry(): void;
  /**
   * Waits until all that ended is delivered, what ends meanwhile included, or until `deadline` on performance.now(), or until
   * it can be left to others: false then. Without `goesOn` it is the last time, and no request begins behind it.
   */
  flush(deadline: number, mode?: FlushMode): Promise<boolean>;
  /** What is not delivered is kept elsewhere too, where it can be; more may come. Synchronous. */
  keepSync(): void;
  /** Leaves nothing in memory that can be kept elsewhere; synchronous, for the way out. */
  drainSync(): void;
  /** Takes over what workers that are gone have left. */
  recover(workers: KnownWorkers): Promise<void>;
  /** Frees what it holds; after `drainSync`. */
  close(): void;
}

/** Kept back from the flush, in milliseconds: what is left must be on disk when the deadline comes. */
const SPOOL_MS = 50;

/** The outbox of spans for a collector; logs and metrics go through it too. */
export function outboxSink(spool: Spool, warm: () => Promise<void>): SpanSink {
  const pending = () => SIGNALS.reduce((sum, signal) => sum + spool.account(signal).pending, 0);
  return {
    processor: spool.processor,
    account: () => spool.account('traces'),
    warm,
    hurry: spool.hurry,
    flush: async (deadline, { goesOn = false, othersSend = false } = {}) => {
      const left = () => Math.max(0, deadline - SPOOL_MS - performance.now());
      do {
        if (!(await spool.flush(left(), { othersSend }))) {
          // Late as it is, no turn of the loop may pass before the rest is on disk.
          if (othersSend && left() > 0) await spool.rest(left());
          return false;
        }
        await setImmediate();
      } while (pending() > 0);
      if (!goesOn) await spool.rest(left());
      return true;
    },
    keepSync: spool.keepSync,
    drainSync: spool.drainSync,
    recover: async (workers) => void (await spool.recover(workers)),
    close: spool.close,
  };
}
