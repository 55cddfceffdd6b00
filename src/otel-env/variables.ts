/** What one OTEL_* variable may hold. */
export interface OtelRule {
  readonly expects: string;
  /** True when the trimmed value is good. */
  test(value: string): boolean;
  /** True when the value may hold a key and is never shown. */
  readonly secret?: true;
}

export const PROTOCOLS = ['grpc', 'http/protobuf', 'http/json'] as const;
export type Protocol = (typeof PROTOCOLS)[number];

/** Where nothing names one; the specification leaves the choice to the SDK. */
export const DEFAULT_PROTOCOL: Protocol = 'grpc';

const SAMPLERS = ['always_on', 'always_off', 'traceidratio'].flatMap((name) => [name, `parentbased_${name}`]);

/** The variables whose values are checked before the first fork, wherever they came from. */
export const OTEL_RULES: Readonly<Record<string, OtelRule>> = {
  ...perSignal('OTEL_EXPORTER_OTLP', 'ENDPOINT', { expects: 'a URL such as http://localhost:4317', test: isEndpoint }),
  ...perSignal('OTEL_EXPORTER_OTLP', 'PROTOCOL', oneOf(PROTOCOLS)),
  ...perSignal('OTEL_EXPORTER_OTLP', 'COMPRESSION', oneOf(['gzip', 'none'])),
  ...perSignal('OTEL_EXPORTER_OTLP', 'TIMEOUT', wholeNumber(0)),
  ...perSignal('OTEL_EXPORTER_OTLP', 'HEADERS', {
    expects: 'name=value pairs separated by commas',
    test: isPairs,
    secret: true,
  }),
  OTEL_TRACES_EXPORTER: listOf(['otlp', 'console', 'none']),
  OTEL_METRICS_EXPORTER: listOf(['otlp', 'console', 'prometheus', 'none']),
  OTEL_LOGS_EXPORTER: listOf(['otlp', 'console', 'none']),
  OTEL_PROPAGATORS: listOf(['tracecontext', 'baggage', 'b3', 'b3multi', 'xray', 'none']),
  OTEL_TRACES_SAMPLER: oneOf(SAMPLERS),
  OTEL_RESOURCE_ATTRIBUTES: { expects: 'key=value pairs separated by commas', test: isPairs },
  OTEL_BSP_MAX_QUEUE_SIZE: wholeNumber(1),
  OTEL_BSP_MAX_EXPORT_BATCH_SIZE: wholeNumber(1),
  OTEL_BSP_SCHEDULE_DELAY: wholeNumber(0),
  OTEL_BSP_EXPORT_TIMEOUT: wholeNumber(0),
  OTEL_BLRP_MAX_QUEUE_SIZE: wholeNumber(1),
  OTEL_BLRP_MAX_EXPORT_BATCH_SIZE: wholeNumber(1),
  OTEL_BLRP_SCHEDULE_DELAY: wholeNumber(0),
  OTEL_BLRP_EXPORT_TIMEOUT: wholeNumber(0),
  OTEL_METRIC_EXPORT_INTERVAL: wholeNumber(1),
  OTEL_METRIC_EXPORT_TIMEOUT: wholeNumber(1),
  OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE: oneOf(['cumulative', 'delta', 'lowmemory'], 'any case'),
  OTEL_EXPORTER_OTLP_METRICS_DEFAULT_HISTOGRAM_AGGREGATION: oneOf(
    ['explicit_bucket_histogram', 'base2_exponential_bucket_histogram'],
    'any case',
  ),
  OTEL_SDK_DISABLED: oneOf(['true', 'false'], 'any case'),
  OTEL_LOG_LEVEL: oneOf(['none', 'error', 'warn', 'info', 'debug', 'verbose', 'all'], 'any case'),
};

/** The base variable and its per-signal forms share one rule. */
function perSignal(prefix: string, suffix: string, rule: OtelRule): Record<string, OtelRule> {
  const names = ['', 'TRACES_', 'METRICS_', 'LOGS_'].map((signal) => `${prefix}_${signal}${suffix}`);
  return Object.fromEntries(names.map((name) => [name, rule]));
}

function oneOf(values: readonly string[], spelling?: 'any case'): OtelRule {
  const test = (value: string) => values.includes(spelling ? value.toLowerCase() : value);
  return { expects: `one of ${values.join(', ')}`, test };
}

function listOf(values: readonly string[]): OtelRule {
  return {
    expects: `a comma list of ${values.join(', ')}`,
    test: (value) => value.split(',').every((item) => values.includes(item.trim())),
  };
}

function wholeNumber(least: number): OtelRule {
  return {
    expects: `a whole number of at least ${least}`,
    test: (value) => /^\d+$/.test(value) && Number(value) >= least,
  };
}

function isPairs(value: string): boolean {
  const pairs = value.split(',').filter((pair) => pair.trim() !== '');
  return pairs.every((pair) => /^\s*[^\s=]+\s*=/.test(pair));
}

function isEndpoint(value: string): boolean {
  return isSocket(value) || endpointUrl(value) !== undefined;
}

/** A socket file, in the two forms of gRPC's naming: `unix:path` and `unix:///absolute/path`. */
export function isSocket(value: string): boolean {
  return /^unix:(\/\/)?[^\s]+$/i.test(value);
}

/**
 * What a value without a scheme gets in front, after the OTLP specification: https://, unless it names this machine or
 * `insecure` (OTEL_EXPORTER_OTLP_INSECURE) is true.
 */
export function schemeFor(value: string, insecure: string | undefined): 'http://' | 'https://' {
  const plain = insecure?.trim().toLowerCase() === 'true' || /^(localhost|127\.|\[::1\])/i.test(value);
  return plain ? 'http://' : 'https://';
}

/** The URL of an endpoint, http:// where no scheme is given; undefined when it is none. */
export function endpointUrl(value: string): URL | undefined {
  const text = hasScheme(value) ? value : `http://${value}`;
  if (/\s/.test(text) || !URL.canParse(text)) return undefined;
  const url = new URL(text);
  const known = url.protocol === 'http:' || url.protocol === 'https:';
  return known && (hasScheme(value) || looksLikeHost(value)) ? url : undefined;
}

/** `localhost:4317` has none: URL would read `localhost:` as one. */
export function hasScheme(value: string): boolean {
  return /^[a-z][a-z0-9+.-]*:\/\//i.test(value);
}

/** Without a scheme only what names a host, or a host and a port, is taken: a bare word is more likely a mistake. */
function looksLikeHost(value: string): boolean {
  return (
    /^(localhost|\[[0-9a-f:.]+\]|[\w-]+(\.[\w-]+)+)(:\d+)?(\/.*)?$/i.test(value) || /^[\w-]+:\d+(\/.*)?$/.test(value)
  );
}
