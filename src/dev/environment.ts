import { isOverGrpc, type OtlpProtocol } from '../contract/otlp-protocols.js';
import { type Env, otlpVariable, read, textOf } from '../otel-env/read-variable.js';
import { OTLP_SIGNALS, otlpName } from '../otel-env/variables.js';

/** What a worker's environment gets so that its spans come to us, and what the user should know about it. */
interface Redirect {
  readonly env: Readonly<Record<string, string>>;
  readonly notes: readonly string[];
}

interface Urls {
  readonly grpcUrl: string;
  readonly httpUrl: string;
}

const PROXIES = ['grpc_proxy', 'https_proxy', 'http_proxy'];

/**
 * Points the OTLP exporter of every worker at the receiver. `env` is what a worker would see without us. The protocol
 * the user chose stays, endpoints and a traces exporter other than otlp are overridden with a note.
 * @throws KfError OTEL_INVALID
 */
export function redirect(env: Env, urls: Urls): Redirect {
  const protocol = read(env, otlpVariable(env, 'traces', 'PROTOCOL'));
  const url = isOverGrpc(protocol) ? urls.grpcUrl : urls.httpUrl;
  const forced: Record<string, string> = { OTEL_EXPORTER_OTLP_ENDPOINT: url, ...ownEndpoints(env, protocol, urls) };
  if (textOf(env, 'OTEL_TRACES_EXPORTER')) forced.OTEL_TRACES_EXPORTER = 'otlp';
  const overridden = Object.keys(forced).filter((name) => env[name] && env[name] !== forced[name]);
  const notes = overridden.map((name) => `${name} is overridden while the embedded receiver runs`);
  if (read(env, 'OTEL_SDK_DISABLED')) notes.push('OTEL_SDK_DISABLED is true: no spans will come');
  return {
    env: { OTEL_EXPORTER_OTLP_PROTOCOL: protocol, ...forced, ...defaults(env), ...bypassProxy(env, url) },
    notes,
  };
}

/** The variable of a signal wins over the general one, and over HTTP it is the full path. */
function ownEndpoints(env: Env, protocol: OtlpProtocol, urls: Urls): Record<string, string> {
  const forced: Record<string, string> = {};
  for (const signal of OTLP_SIGNALS) {
    const name = otlpName(signal, 'ENDPOINT');
    const own = textOf(env, otlpName(signal, 'PROTOCOL')) ? read(env, otlpName(signal, 'PROTOCOL')) : protocol;
    if (!env[name] && isOverGrpc(own) === isOverGrpc(protocol)) continue;
    forced[name] = isOverGrpc(own) ? urls.grpcUrl : `${urls.httpUrl}/v1/${signal}`;
  }
  return forced;
}

/**
 * A trace should show at once; a collector's five seconds of batching only make one wait. With what the page adds, a shorter
 * delay is not seen any more, and costs requests. Metrics are there to be looked at, as the traces are, and not once a minute.
 */
const DEFAULTS = { OTEL_BSP_SCHEDULE_DELAY: '200', OTEL_METRICS_EXPORTER: 'otlp', OTEL_METRIC_EXPORT_INTERVAL: '2000' };

function defaults(env: Env): Record<string, string> {
  return Object.fromEntries(Object.entries(DEFAULTS).filter(([name]) => !env[name]));
}

/** grpc-js takes a proxy from the environment for loopback addresses too; its own exception list changes nothing else. */
function bypassProxy(env: Env, url: string): Record<string, string> {
  if (!PROXIES.some((name) => env[name])) return {};
  const known = env.no_grpc_proxy || env.no_proxy;
  const { hostname } = new URL(url);
  return { no_grpc_proxy: known ? `${known},${hostname}` : hostname };
}
