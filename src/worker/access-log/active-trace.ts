import { API_GLOBAL, processWide } from '../../contract/process-wide.js';
import type { Trace } from './served.js';

interface SpanLike {
  spanContext?(): Partial<Trace>;
}

const SPAN = Symbol.for('OpenTelemetry Context Key SPAN');
const NO_TRACE = '0'.repeat(32);

/**
 * The span that is active now, whoever made it: kf-cluster's telemetry, upstream's, a provider of the app. By what all
 * copies of the api share, because a copy of ours would not see what an older one of the app has registered.
 */
export function activeTrace(): Trace | undefined {
  const span = processWide[API_GLOBAL]?.context?.active().getValue(SPAN) as SpanLike | undefined;
  const { traceId, spanId } = span?.spanContext?.() ?? {};
  return traceId === undefined || spanId === undefined || traceId === NO_TRACE ? undefined : { traceId, spanId };
}
