import type { FullWorkerStatus } from '../contract/control-protocol.js';
import { droppedOf } from '../contract/item-account.js';
import { megabytes } from './text-table.js';

/** What a worker says of itself, as text; a dash for what it does not. */
export function figuresOf({ stats }: FullWorkerStatus) {
  if (!stats) {
    const none = { inFlight: '-', requests: '-', connections: '-', loop: '-', cpu: '-', rss: '-' };
    return { ...none, spans: '-', spansBriefly: '-' };
  }
  const { spans } = stats;
  const dropped = spans ? droppedOf(spans) : 0;
  return {
    inFlight: String(stats.inFlight),
    requests: String(stats.requests),
    connections: String(stats.connections),
    loop: `${stats.loopDelayP99.toFixed(1)} ms`,
    cpu: `${(stats.cpu * 100).toFixed(1)}%`,
    rss: megabytes(stats.rss),
    spans: spans
      ? `${spans.ended} ended, ${spans.exported} exported, ${spans.pending} pending, ${spans.spooled} spooled, ${dropped} dropped`
      : '-',
    spansBriefly: spans ? `${spans.ended} ended${dropped > 0 ? `, ${dropped} dropped` : ''}` : '-',
  };
}
