import { type Context, SpanKind, TraceFlags } from '@opentelemetry/api';
import type { ReadableSpan, Span, SpanProcessor } from '@opentelemetry/sdk-trace-node';
import { SpanEncoder } from './format/encode/encode-spans.js';
import { asJson } from './format/encode/json.js';
import { mergeParts } from './format/merge.js';
import type { Encoding } from './format/record.js';
import { StartsLog, type StartsLogOptions } from './store/starts-log.js';

/** A processor around another one that notes the start of SERVER and root spans. */
interface StartsProcessor extends SpanProcessor {
  readonly log: StartsLog;
}

export function noteStarts(inner: SpanProcessor, options: Omit<StartsLogOptions, 'encode'>): StartsProcessor {
  const log = new StartsLog({ ...options, encode: encoderOf(options.encoding) });
  return {
    log,
    onStart: (span: Span, parent: Context) => {
      inner.onStart(span, parent);
      if (isNoted(span)) log.started(span);
    },
    onEnd: (span) => {
      // First the span, then the end of its start: a kill between the two must not make it vanish.
      inner.onEnd(span);
      log.ended(span);
    },
    forceFlush: () => inner.forceFlush(),
    shutdown: () => inner.shutdown(),
  };
}

/** Our own spans are no requests; the one that proves the provider is never ended. */
function isNoted(span: Span): boolean {
  if (span.kind !== SpanKind.SERVER && span.parentSpanContext) return false;
  if ((span.spanContext().traceFlags & TraceFlags.SAMPLED) === 0) return false;
  return span.instrumentationScope.name !== 'kf-cluster';
}

function encoderOf(encoding: Encoding): (span: ReadableSpan) => readonly Uint8Array[] | undefined {
  const encoder = new SpanEncoder();
  return (span) => {
    const { parts } = encoder.encode([span]);
    if (parts.length === 0) return undefined;
    return encoding === 'json' ? [asJson(parts, 'traces').bytes] : mergeParts(parts, 'protobuf');
  };
}
