import { Metadata } from '@grpc/grpc-js';
import { convertLegacyOtlpGrpcOptions, createOtlpGrpcExportDelegate } from '@opentelemetry/otlp-grpc-exporter-base';
import { ProtobufTraceSerializer, TraceExporterMetricsHelper } from '@opentelemetry/otlp-transformer';
import type { Sender } from '../exporter.js';
import type { Headers } from '../headers.js';
import { delegateSender } from './delegate.js';

/** OTLP/gRPC. Compression, certificates, timeout and the headers of the environment are read by upstream. */
export function createGrpcSender(url: string, headers: Headers): Sender {
  const metadata = new Metadata();
  for (const [name, value] of Object.entries(headers)) metadata.set(name, value);
  const options = convertLegacyOtlpGrpcOptions({ url, metadata }, 'TRACES');
  return delegateSender(ProtobufTraceSerializer, (serializer) =>
    createOtlpGrpcExportDelegate(
      options,
      serializer,
      'otlp_grpc_span_exporter',
      TraceExporterMetricsHelper,
      undefined,
      'TraceExportService',
      '/opentelemetry.proto.collector.trace.v1.TraceService/Export',
    ),
  );
}
