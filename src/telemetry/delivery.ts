import type { Log } from '../contract/log.js';
import { eventLog } from '../contract/log-events.js';
import { OTLP_PROTOCOLS } from '../contract/otlp-protocols.js';
import type { Headers } from '../otel-env/headers-file.js';
import type { OtlpTarget } from '../otel-env/otlp-target.js';
import type { Env } from '../otel-env/read-variable.js';
import { readBatch } from './batch-settings.js';
import type { DeliveryOptions } from './built-in-options.js';
import { collectorOf, headersOf, requestTimeoutOf } from './collector.js';
import { headersOfFile } from './headers-of-file.js';
import {
  connector,
  createSpool,
  type Destination,
  hasUpstream,
  SIGNALS,
  type Signal,
  type Spool,
  type Transport,
  type TransportConfig,
} from './outbox/index.js';
import { bySignal } from './outbox/pipeline.js';

/**
 * The way to the collector that the environment and these options describe. Throws OTEL_INVALID and HEADERS_FILE.
 *
 * @param onRefused called for each request that has to be sent again
 */
export function openSpool(
  env: Env,
  targets: Readonly<Record<Signal, OtlpTarget>>,
  options: DeliveryOptions & { readonly spoolDir: string },
  log: Log,
  onRefused: () => void = () => undefined,
): Spool {
  const headers = options.headersFile ? headersOfFile(options.headersFile, log) : () => ({});
  const grpcClient = clientOf(options.otlpTransport, log);
  const { traces, ...others } = destinationsOf({ env, targets, headers, grpcClient, onRefused });
  const { journalPer, journalStarts, spoolMaxBytes: maxBytes, spoolMaxAgeMs: maxAgeMs } = options;
  return createSpool({
    delivery: options.delivery ?? 'spool',
    dir: options.spoolDir,
    ...traces,
    others,
    batch: readBatch(env),
    warn: (what, fix, event) => (event ? eventLog(log, event) : log).warn(what, { fix }),
    onDrop: (cause, items, why, fix, signal) => {
      const name = signal === 'traces' ? 'spans' : signal;
      eventLog(log, 'not-delivered', { signal }).warn(`${name} not delivered`, { cause, [name]: items, why, fix });
    },
    ...(journalPer && { journalPer }),
    ...(journalStarts && { journalStarts }),
    ...(maxBytes !== undefined && { maxBytes }),
    ...(maxAgeMs !== undefined && { maxAgeMs }),
  });
}

/** A supervisor whose package was removed under it has a copy of our own files, and of nothing that they depend on. */
function clientOf(asked: DeliveryOptions['otlpTransport'], log: Log): NonNullable<TransportConfig['grpcClient']> {
  if (asked !== 'upstream' || hasUpstream()) return asked ?? 'builtin';
  log.warn('@opentelemetry/exporter-trace-otlp-grpc cannot be loaded: --otlp-transport builtin is used', {
    fix: 'Install kf-cluster again, with its dependencies, and start the supervisor anew.',
  });
  return 'builtin';
}

interface Destinations {
  readonly env: Env;
  readonly targets: Readonly<Record<Signal, OtlpTarget>>;
  readonly headers: () => Headers;
  readonly grpcClient: NonNullable<TransportConfig['grpcClient']>;
  readonly onRefused: () => void;
}

/** A signal that goes where the spans go has none of its own: it shares their connection. */
function destinationsOf({ env, targets, headers, grpcClient, onRefused }: Destinations): {
  traces: Destination;
} & Partial<Record<Signal, Destination>> {
  const configs = bySignal((signal) => collectorOf(env, signal, targets[signal], headers(), grpcClient));
  const ofEnv = bySignal((signal) => headersOf(env, signal));
  // Over HTTP each signal has a path of its own at the same place.
  const urls = bySignal((signal) => targets[signal].url);
  const place = (signal: Signal) => {
    const timeoutMs = requestTimeoutOf(env, signal);
    const where = urls[signal].startsWith('unix:') ? urls[signal] : new URL(urls[signal]).origin;
    return JSON.stringify({ ...configs[signal], urls: where, timeoutMs });
  };
  // A new connection asks the file of headers alone: an app may have emptied its environment, or lost its working directory.
  const connect = (signal: Signal, config: TransportConfig) => () =>
    connector({ ...config, headers: { ...ofEnv[signal], ...headers() } })();
  const destination = (signal: Signal, config: TransportConfig): Destination => ({
    encoding: OTLP_PROTOCOLS[config.protocol].encoding,
    connect: watched(connect(signal, config), onRefused),
    sender: { requestTimeoutMs: requestTimeoutOf(env, signal) },
  });
  const apart = SIGNALS.filter((signal) => place(signal) !== place('traces'));
  return {
    traces: destination('traces', { ...configs.traces, urls }),
    ...Object.fromEntries(apart.map((signal) => [signal, destination(signal, configs[signal])])),
  };
}

function watched(connect: () => Transport, onRefused: () => void): () => Transport {
  return () => {
    const transport = connect();
    return {
      send: async (request) => {
        const outcome = await transport.send(request);
        if (outcome.type === 'retry' || outcome.type === 'held') onRefused();
        return outcome;
      },
      close: () => transport.close(),
    };
  };
}
