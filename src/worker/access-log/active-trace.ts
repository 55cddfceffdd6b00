import type { Trace } from './served.js';

/** What OpenTelemetry's api keeps for all its copies of a process, as far as it is read here. */
interface Api {
  readonly context?: { active(): { getValue(key: symbol): unknown } };
}
interface SpanLike {
  spanContext?(): Partial<Trace>;
}

const API = Symbol.for('opentelemetry.js.api.1');
const SPAN = Symbol.for('OpenTelemetry Context Key SPAN');
const NO_TRACE = '0'.repeat(32);

/**
 * The span that is active now, whoever made it: kf-cluster's telemetry, upstream's, a provider of the app. By what all
 * copies of the api share, because a copy of ours would not see what an older one of the app has registered.
 */
export function activeTrace(): Trace | undefined {
  const api = (globalThis as { [API]?: Api })[API];
  const span = api?.context?.active().getValue(SPAN) as SpanLike | undefined;
  const { traceId, spanId } = span?.spanContext?.() ?? {};
  return traceId === undefined || spanId === undefined || traceId === NO_TRACE ? undefined : { traceId, spanId };
}
