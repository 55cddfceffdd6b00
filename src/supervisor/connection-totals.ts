import { type ConnectionReport, describeConnections } from '../contract/connection-report.js';
import type { Log } from '../contract/log.js';
import { eventLog } from '../contract/log-events.js';

/** What became of the connections of all workers that have left so far. */
export interface ConnectionTotals {
  add(slot: number, report: ConnectionReport): void;
  totals(): ConnectionReport;
}

export function createConnectionTotals(log: Log): ConnectionTotals {
  let all: ConnectionReport = { moved: 0, drained: {} };
  return {
    add: (slot, report) => {
      all = { moved: all.moved + report.moved, drained: plus(all.drained, report.drained) };
      const text = describeConnections(report);
      if (text)
        eventLog(log, 'connections', { slot, moved: report.moved, ...report.drained }).info(
          `worker ${slot}: connections ${text}`,
        );
    },
    totals: () => all,
  };
}

function plus(one: ConnectionReport['drained'], more: ConnectionReport['drained']): ConnectionReport['drained'] {
  const sum: Partial<Record<string, number>> = { ...one };
  for (const [why, count] of Object.entries(more)) sum[why] = (sum[why] ?? 0) + count;
  return sum;
}
