import { type HrTime, SpanKind, SpanStatusCode } from '@opentelemetry/api';
import { hrTimeToMicroseconds } from '@opentelemetry/core';
import type { ReadableSpan } from '@opentelemetry/sdk-trace-node';
import type { Sender } from './exporter.js';

/** Prints each span as one line of JSON on stdout, with the worker's labels in front. */
export function createConsoleSender(labels: Record<string, number>): Sender {
  return {
    send: (spans) =>
      new Promise((resolve) => {
        const text = spans.map((span) => `${JSON.stringify({ ...labels, ...render(span) })}\n`).join('');
        process.stdout.write(text, (error) => resolve({ rejected: 0, failure: error?.message }));
      }),
    warm: async () => undefined,
    shutdown: async () => undefined,
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
