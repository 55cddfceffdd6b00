interface CarrierRow {
  /** Where a collector usually listens. */
  readonly port: number;
  /** A request goes to a path of its signal; without, scheme, host and port are all of an endpoint. */
  readonly hasPaths: boolean;
  /** What was most likely meant where a collector does not speak it. */
  readonly other: string;
}

/** What carries the protocols, and what hangs on that. */
export const OTLP_CARRIERS = {
  grpc: { port: 4317, hasPaths: false, other: 'http/protobuf' },
  http: { port: 4318, hasPaths: true, other: 'grpc' },
} as const satisfies Readonly<Record<string, CarrierRow>>;

export type OtlpCarrier = keyof typeof OTLP_CARRIERS;

interface ProtocolRow {
  readonly over: OtlpCarrier;
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

export function carrierOf(protocol: OtlpProtocol): (typeof OTLP_CARRIERS)[OtlpCarrier] {
  return OTLP_CARRIERS[OTLP_PROTOCOLS[protocol].over];
}

export function isOverGrpc(protocol: OtlpProtocol): boolean {
  return OTLP_PROTOCOLS[protocol].over === 'grpc';
}
