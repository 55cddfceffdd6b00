interface ProtocolRow {
  readonly over: 'grpc' | 'http';
  readonly encoding: 'protobuf' | 'json';
  /** What its exporter is called in `otel.component.type`: semantic conventions of the SDK's own metrics. */
  readonly component: string;
}

/** The values of OTEL_EXPORTER_OTLP_PROTOCOL, and what each means. Everything about a protocol hangs on its row. */
export const OTLP_PROTOCOLS = {
  grpc: { over: 'grpc', encoding: 'protobuf', component: 'otlp_grpc' },
  'http/protobuf': { over: 'http', encoding: 'protobuf', component: 'otlp_http' },
  'http/json': { over: 'http', encoding: 'json', component: 'otlp_http_json' },
} as const satisfies Readonly<Record<string, ProtocolRow>>;

export type OtlpProtocol = keyof typeof OTLP_PROTOCOLS;
