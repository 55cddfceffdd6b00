import { convertLegacyHttpOptions, createOtlpHttpExportDelegate } from '@opentelemetry/otlp-exporter-base/node-http';
import {
  JsonTraceSerializer,
  ProtobufTraceSerializer,
  TraceExporterMetricsHelper,
} from '@opentelemetry/otlp-transformer';
import type { Sender } from '../exporter.js';
import type { Headers } from '../headers.js';
import { delegateSender } from './delegate.js';

const FORMATS = {
  'http/protobuf': {
    serializer: ProtobufTraceSerializer,
    contentType: 'application/x-protobuf',
    component: 'otlp_http_span_exporter',
  },
  'http/json': {
    serializer: JsonTraceSerializer,
    contentType: 'application/json',
    component: 'otlp_http_json_span_exporter',
  },
} as const;

/** OTLP over HTTP. Compression, certificates, timeout and the headers of the environment are read by upstream. */
export function createHttpSender(protocol: keyof typeof FORMATS, url: string, headers: Headers): Sender {
  const { serializer, contentType, component } = FORMATS[protocol];
  const options = convertLegacyHttpOptions({ url, headers: { ...headers } }, 'TRACES', 'v1/traces', {
    'Content-Type': contentType,
  });
  return delegateSender(serializer, (wrapped) =>
    createOtlpHttpExportDelegate(options, wrapped, component, TraceExporterMetricsHelper, undefined),
  );
}
