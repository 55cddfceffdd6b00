import type { WorkerRef } from '../page-api.js';
import type { TelemetryStore } from '../store/telemetry-store.js';
import type { SupervisorLog } from '../views/supervisor-log.js';
import type { MissingReason } from '../views/trace-detail.js';

const SERVER = 2;
const MOST = 20;

/** The requests of a worker that were under way within that time: one that was blocked has let them wait. */
export function waitingRequests(
  { spanSegments }: TelemetryStore,
  worker: WorkerRef,
  from: number,
  to: number,
): string[] {
  const found: string[] = [];
  for (const segment of spanSegments()) {
    if (segment.sender !== `slot ${worker.slot}`) continue;
    for (let row = 0; row < segment.size && found.length < MOST; row++) {
      if (segment.kind[row] !== SERVER || segment.originOf(row).worker.pid !== worker.pid) continue;
      const start = segment.start[row] ?? 0;
      const end = start + (segment.duration[row] ?? 0);
      if (start > to || end < from) continue;
      const name = segment.texts.text(segment.name[row] ?? 0);
      const route = segment.texts.text(segment.route[row] ?? 0);
      found.push(name.endsWith(route) ? name : `${name} ${route}`);
    }
  }
  return found;
}

/** Why a parent is not held: by what the supervisor knows of the workers that sent the rest of the trace. */
export function missingReason(store: TelemetryStore, supervisor: SupervisorLog): MissingReason {
  return (_spanId, trace) => {
    const workers = trace.places.map(({ segment, row }) => segment.originOf(row).worker);
    const lost = workers.find(({ pid }) => supervisor.isUnaccounted(pid));
    if (lost !== undefined) {
      return `worker ${lost.slot} (pid ${lost.pid}) ended without an account: the span may have ended with it`;
    }
    if (store.evicted.spans > 0) return 'it may have been evicted: the store is full';
    if (workers.every(({ slot }) => slot === undefined)) return 'its sender has not sent it here';
    return 'it has not ended yet, was not sampled, or belongs to a caller that sends its spans elsewhere';
  };
}
