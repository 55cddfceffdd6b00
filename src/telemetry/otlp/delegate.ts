import { type ExportResult, ExportResultCode } from '@opentelemetry/core';
import type { IOtlpExportDelegate } from '@opentelemetry/otlp-exporter-base';
import type { IExportTraceServiceResponse, ISerializer } from '@opentelemetry/otlp-transformer';
import type { ReadableSpan } from '@opentelemetry/sdk-trace-node';
import type { Outcome, Sender } from '../exporter.js';
import { describe } from '../senders.js';

type TraceSerializer = ISerializer<ReadableSpan[], IExportTraceServiceResponse>;

/**
 * A sender over upstream's export delegate. Upstream takes a partial success for a success; its serializer is the
 * public place where the response passes, and the delegate calls back in the same turn, so the two belong together.
 */
export function delegateSender(
  inner: TraceSerializer,
  connect: (serializer: TraceSerializer) => IOtlpExportDelegate<ReadableSpan[]>,
): Sender {
  let rejected = 0;
  const delegate = connect({
    serializeRequest: (spans) => inner.serializeRequest(spans),
    deserializeResponse: (data) => {
      const response = inner.deserializeResponse(data);
      rejected = Number(response.partialSuccess?.rejectedSpans ?? 0);
      return response;
    },
  });
  const outcome = (spans: number, result: ExportResult): Outcome => {
    const refused = Math.min(rejected, spans);
    rejected = 0;
    if (result.code === ExportResultCode.SUCCESS) return { rejected: refused, failure: undefined };
    return { rejected: 0, failure: result.error ? describe(result.error) : 'the export failed without a reason' };
  };
  return {
    send: (spans) =>
      new Promise((resolve) => delegate.export(spans, (result) => resolve(outcome(spans.length, result)))),
    warm: async () => undefined,
    shutdown: () => delegate.shutdown(),
  };
}
