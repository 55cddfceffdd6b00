import type { Log } from '../log.js';
import { readBatch } from './batch.js';
import { collectorOf, requestTimeoutOf } from './collector.js';
import type { Env } from './env.js';
import { readHeadersFile } from './headers.js';
import type { OtlpTarget } from './settings.js';
import { connector, createSpool, type Delivery, type Spool, type SpoolOptions, type Transport } from './spool/index.js';

export interface DeliveryOptions {
  /** A file of OTLP headers, see readHeadersFile. */
  readonly headersFile?: string | undefined;
  /** When spans go to disk; `spool` by default. See docs/DELIVERY.md. */
  readonly delivery?: Delivery | undefined;
  /** `batch` by default. */
  readonly journalPer?: 'batch' | 'span' | undefined;
  /** Whether the start of SERVER and root spans is noted on disk; false by default. */
  readonly journalStarts?: boolean | undefined;
  /** Absolute. Default: see defaultSpoolDir. */
  readonly spoolDir?: string | undefined;
  /** Bytes; 256 MiB by default. */
  readonly spoolMaxBytes?: number | undefined;
  /** Milliseconds; 24 hours by default. */
  readonly spoolMaxAgeMs?: number | undefined;
}

/**
 * The way to the collector that the environment and these options describe. Throws OTEL_INVALID and HEADERS_FILE.
 *
 * @param onRefused told of each request that has to be sent again
 */
export function openSpool(
  env: Env,
  target: OtlpTarget,
  options: DeliveryOptions & Pick<SpoolOptions, 'noteStarts'> & { readonly spoolDir: string },
  log: Log,
  onRefused: () => void = () => undefined,
): Spool {
  const headers = options.headersFile ? readHeadersFile(options.headersFile, log) : {};
  const { journalPer, noteStarts, spoolMaxBytes: maxBytes, spoolMaxAgeMs: maxAgeMs } = options;
  return createSpool({
    delivery: options.delivery ?? 'spool',
    dir: options.spoolDir,
    encoding: target.protocol === 'http/json' ? 'json' : 'protobuf',
    connect: watched(connector(collectorOf(env, target, headers)), onRefused),
    sender: { requestTimeoutMs: requestTimeoutOf(env) },
    batch: readBatch(env),
    warn: (what, fix) => log.warn(what, { fix }),
    onDrop: (cause, spans, why, fix) => log.warn('spans not delivered', { cause, spans, why, fix }),
    ...(journalPer && { journalPer }),
    ...(noteStarts && { noteStarts }),
    ...(maxBytes !== undefined && { maxBytes }),
    ...(maxAgeMs !== undefined && { maxAgeMs }),
  });
}

function watched(connect: () => Transport, onRefused: () => void): () => Transport {
  return () => {
    const transport = connect();
    return {
      send: async (request) => {
        const outcome = await transport.send(request);
        if (outcome.type === 'retry') onRefused();
        return outcome;
      },
      close: () => transport.close(),
    };
  };
}
