import { type HrTime, SpanKind, SpanStatusCode, TraceFlags } from '@opentelemetry/api';
import { hrTimeToMicroseconds } from '@opentelemetry/core';
import type { ReadableSpan } from '@opentelemetry/sdk-trace-node';
import { NO_SPANS } from '../contract/item-account.js';
import type { SpanSink } from './span-sink.js';

/** Prints each span as one line of JSON on stdout, with the worker's labels in front, at the end of the turn. */
export function consoleSink(labels: Record<string, number>): SpanSink {
  const lines: string[] = [];
  let ended = 0;
  let printed = 0;
  const print = () => {
    const batch = lines.splice(0);
    if (batch.length === 0) return;
    process.stdout.write(batch.join(''), (error) => {
      if (!error) printed += batch.length;
    });
  };
  const flushed = async () => {
    print();
    await new Promise<void>((resolve) => process.stdout.write('', () => resolve()));
  };
  return {
    processor: {
      onStart: () => undefined,
      onEnd: (span) => {
        if ((span.spanContext().traceFlags & TraceFlags.SAMPLED) === 0) return;
        ended++;
        if (lines.push(`${JSON.stringify({ ...labels, ...render(span) })}\n`) === 1) setImmediate(print).unref();
      },
      forceFlush: flushed,
      shutdown: flushed,
    },
    account: () => ({ ...NO_SPANS, ended, exported: printed, pending: ended - printed }),
    warm: async () => undefined,
    hurry: print,
    flush: () => flushed().then(() => true),
    keepSync: print,
    drainSync: print,
    recover: async () => undefined,
    close: () => undefined,
  };
}

function render(span: ReadableSpan): Record<string, unknown> {
  const { traceId, spanId } = span.spanContext();
  return {
    service: span.resource.attributes['service.name'],
    scope: span.instrumentationScope.name,
    name: span.name,
    kind: SpanKind[span.kind],
    traceId,
    spanId,
    parentSpanId: span.parentSpanContext?.spanId,
    start: iso(span.startTime),
    durationMs: hrTimeToMicroseconds(span.duration) / 1000,
    status: SpanStatusCode[span.status.code],
    statusMessage: span.status.message,
    attributes: span.attributes,
    events: span.events.map(({ name, time, attributes }) => ({ name, time: iso(time), attributes })),
  };
}

const iso = (time: HrTime) => new Date(hrTimeToMicroseconds(time) / 1000).toISOString();
