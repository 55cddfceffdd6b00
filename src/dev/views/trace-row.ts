import { isProbeTrace } from '../filter/probe.js';
import type { TraceRow } from '../page-api.js';
import type { Trace } from '../store/trace-index.js';

export function traceRow(trace: Trace): TraceRow {
  const { segment, row } = trace.entry;
  const { service, worker } = segment.originOf(row);
  const route = segment.texts.text(segment.route[row] ?? 0);
  const status = segment.httpStatus[row] ?? 0;
  return {
    traceId: trace.id,
    cursor: String(trace.order),
    start: trace.start,
    duration: trace.end - trace.start,
    name: segment.texts.text(segment.name[row] ?? 0),
    service,
    ...(route !== '' && { route }),
    ...(status !== 0 && { status }),
    spans: trace.places.length,
    errors: trace.errors,
    worker,
    probe: isProbeTrace(trace),
  };
}
