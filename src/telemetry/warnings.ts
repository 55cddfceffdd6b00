import type { Log } from '../log.js';
import type { DropCause } from './accounting.js';

/** Milliseconds between two warnings of the same cause. */
const INTERVAL = 30_000;

const FIXES: Record<DropCause, string> = {
  queue_full: 'raise OTEL_BSP_MAX_QUEUE_SIZE, or lower OTEL_TRACES_SAMPLER_ARG',
  late: 'end spans before the flush, or raise --drain-timeout',
  rejected: "see the collector's log for the reason",
  undeliverable: 'check OTEL_EXPORTER_OTLP_ENDPOINT, and that the collector is up and speaks this protocol',
};

/** Warns of lost spans: the first at once, then at most once per interval and cause with the sum since. */
export function createDropWarnings(log: Log, now: () => number): (cause: DropCause, n: number, why?: string) => void {
  const tallies = new Map<DropCause, { since: number; spans: number }>();
  return (cause, spans, why) => {
    const tally = tallies.get(cause);
    if (tally && now() - tally.since < INTERVAL) {
      tally.spans += spans;
      return;
    }
    log.warn('spans not delivered', { cause, spans: spans + (tally?.spans ?? 0), why, fix: FIXES[cause] });
    tallies.set(cause, { since: now(), spans: 0 });
  };
}
