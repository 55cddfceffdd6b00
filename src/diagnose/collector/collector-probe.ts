import { isOverGrpc, OTLP_CARRIERS, OTLP_PROTOCOLS, type OtlpProtocol } from '../../contract/otlp-protocols.js';
import { codeOf } from '../../contract/system-error.js';
import { otlpSignals, readSettings } from '../../otel-env/export-settings.js';
import type { Headers } from '../../otel-env/headers-file.js';
import { readHeadersFile } from '../../otel-env/headers-file.js';
import type { OtlpTarget } from '../../otel-env/otlp-target.js';
import type { Env } from '../../otel-env/read-variable.js';
import type { OtlpSignal } from '../../otel-env/variables.js';
import { collectorOf } from '../../telemetry/collector.js';
import type { Outcome, TransportConfig } from '../../telemetry/outbox/index.js';
import { tlsOptions } from '../../telemetry/outbox/send/transport.js';
import { emptyRequest, newIds, type TestItem, testRequest } from './payload.js';
import { addressesOf, type Handshake, handshake, type Place, placeOf, type Reached, reach } from './place.js';
import { ask, clockAhead, isAnswered } from './speak.js';

/** All probes together, and a step of one of them, in milliseconds. */
const LIMITS = { allMs: 4_500, stepMs: 3_000 };
/** The first answer is late where a name is looked up and a handshake made. */
const LEAST = 300;

/** Another pair of port and protocol that was tried. */
interface Other {
  readonly protocol: OtlpProtocol;
  readonly url: string;
  readonly answered: boolean;
}

/** What one signal met on its way. What is undefined was not come to. */
export interface SignalProbe {
  readonly signal: OtlpSignal;
  readonly target: OtlpTarget;
  /** Of the collector, or of the proxy in front of it. */
  readonly place: Place;
  readonly proxied: boolean;
  /** Names of the headers that are sent. */
  readonly headers: readonly string[];
  readonly addresses?: readonly string[];
  readonly dnsError?: string;
  readonly reached?: readonly Reached[];
  readonly tls?: Handshake;
  /** The port answers TLS, and http:// was asked for. */
  readonly secretlyTls?: boolean;
  readonly empty?: Outcome;
  readonly others?: readonly Other[];
  readonly sent?: { readonly outcome: Outcome; readonly ms: number; readonly item: TestItem };
  readonly clockAheadMs?: number | undefined;
}

export interface Probed {
  readonly env: Env;
  readonly signals: readonly SignalProbe[];
}

export interface ProbeInput {
  readonly env: Env;
  readonly captureLogs: boolean | undefined;
  readonly headersFile: string | undefined;
  readonly service: string;
  /** Default: 4.5 s in all, 3 s a step. */
  readonly limits?: typeof LIMITS;
}

/**
 * Asks the collector what a worker would ask it, step by step: the name, each address, the handshake, an empty request, a
 * span. A signal stops at the step that fails. Throws KfError for settings that are wrong.
 */
export async function probeCollector({ env, captureLogs, headersFile, service, limits }: ProbeInput): Promise<Probed> {
  const settings = readSettings(env, { captureLogs });
  const headers: Headers = headersFile === undefined ? {} : readHeadersFile(headersFile).headers;
  const clock = deadline(limits ?? LIMITS);
  const signals = await Promise.all(
    otlpSignals(settings).map((signal) => {
      const target = settings.targets[signal];
      return probeSignal(signal, target, collectorOf(env, signal, target, headers), service, clock);
    }),
  );
  return { env, signals };
}

type Clock = () => number;

/** What is left for a step. */
function deadline({ allMs, stepMs }: typeof LIMITS): Clock {
  const end = performance.now() + allMs;
  return () => Math.max(LEAST, Math.min(stepMs, end - performance.now()));
}

async function probeSignal(
  signal: OtlpSignal,
  target: OtlpTarget,
  config: TransportConfig,
  service: string,
  left: Clock,
): Promise<SignalProbe> {
  // Through a proxy only that is connected to; what lies behind it is seen by the requests.
  const place = config.proxy === undefined ? placeOf(target.url) : { ...placeOf(config.proxy), secure: false };
  const start = { signal, target, place, headers: Object.keys(config.headers), proxied: config.proxy !== undefined };
  const looked = await addressesOf(place, left()).catch((error: NodeJS.ErrnoException) => error);
  if (looked instanceof Error) return { ...start, dnsError: codeOf(looked) ?? looked.message };
  const reached = await Promise.all(looked.slice(0, 4).map((address) => reach(place, address, left())));
  const there = { ...start, addresses: looked, reached };
  if (reached.every(({ error }) => error !== undefined))
    return { ...there, others: await tryOthers(signal, target, config, left) };
  const tls = place.secure ? await handshake(place, tlsOptions(config), left()) : undefined;
  const secured = tls ? { ...there, tls } : there;
  if (tls?.code !== undefined) return secured;
  const json = OTLP_PROTOCOLS[config.protocol].encoding === 'json';
  const empty = await ask(config, signal, emptyRequest(json), left());
  if (!isAnswered(empty)) {
    const ended = place.secure ? await handshake(place, tlsOptions(config), left(), true) : undefined;
    if (ended?.code !== undefined) return { ...secured, tls: ended };
    const secretlyTls =
      !start.proxied &&
      !place.secure &&
      place.path === undefined &&
      (await handshake(place, {}, left())).alpn !== undefined;
    const others = secretlyTls ? [] : await tryOthers(signal, target, config, left);
    return { ...secured, empty, secretlyTls, others };
  }
  const clockAheadMs =
    isOverGrpc(config.protocol) || start.proxied ? undefined : await clockAhead(target.url, config, left());
  if (empty.type === 'held') return { ...secured, empty, clockAheadMs };
  return { ...secured, empty, clockAheadMs, sent: await sendOne(signal, config, service, left) };
}

async function sendOne(
  signal: OtlpSignal,
  config: TransportConfig,
  service: string,
  left: Clock,
): Promise<NonNullable<SignalProbe['sent']>> {
  const item = { service, name: 'kf-cluster doctor', ...newIds() };
  const began = performance.now();
  const outcome = await ask(
    config,
    signal,
    testRequest(signal, item, OTLP_PROTOCOLS[config.protocol].encoding === 'json'),
    left(),
  );
  return { outcome, ms: Math.round(performance.now() - began), item };
}

/** The same place by the other protocol, and the usual ports by theirs, without the headers: a stranger gets no key. */
async function tryOthers(
  signal: OtlpSignal,
  { url, protocol }: OtlpTarget,
  config: TransportConfig,
  left: Clock,
): Promise<Other[]> {
  if (url.startsWith('unix:') || config.proxy !== undefined) return [];
  const { protocol: scheme, hostname, port } = new URL(url);
  const at = (where: string | number) => `${scheme}//${hostname}${where === '' ? '' : `:${where}`}`;
  const path = `/v1/${signal}`;
  const pairs: [OtlpProtocol, string][] = [
    ['grpc', at(port)],
    ['http/protobuf', `${at(port)}${path}`],
    ['grpc', at(OTLP_CARRIERS.grpc.port)],
    ['http/protobuf', `${at(OTLP_CARRIERS.http.port)}${path}`],
  ];
  const fresh = pairs.filter(
    ([other, where], i) =>
      (other !== (isOverGrpc(protocol) ? 'grpc' : 'http/protobuf') || where !== url.replace(/\/$/, '')) &&
      pairs.findIndex(([p, w]) => p === other && w === where) === i,
  );
  return Promise.all(
    fresh.map(async ([other, where]) => {
      const bare = { ...config, headers: {}, protocol: other, urls: { traces: where, logs: where, metrics: where } };
      const outcome = await ask(bare, signal, emptyRequest(false), left());
      return { protocol: other, url: where, answered: isAnswered(outcome) };
    }),
  );
}
