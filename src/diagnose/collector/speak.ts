import http from 'node:http';
import https from 'node:https';
import { OTLP_PROTOCOLS } from '../../contract/otlp-protocols.js';
import type { OtlpSignal } from '../../otel-env/variables.js';
import { connector, type Outcome, type TransportConfig } from '../../telemetry/outbox/index.js';
import { tlsOptions } from '../../telemetry/outbox/send/transport.js';

/** Sends one request as a worker would, over a connection of its own. */
export async function ask(config: TransportConfig, signal: OtlpSignal, body: Uint8Array, ms: number): Promise<Outcome> {
  const transport = connector(config)();
  // The transport lets a process end whose work is done; here its answer is the work.
  const hold = setInterval(() => undefined, 1_000);
  try {
    const encoding = OTLP_PROTOCOLS[config.protocol].encoding;
    return await transport.send({ signal, encoding, chunks: [body], timeoutMs: ms });
  } finally {
    clearInterval(hold);
    transport.close();
  }
}

/** Whether an answer shows that somebody there speaks the protocol, whatever was wrong with the request. */
export function isAnswered(outcome: Outcome): boolean {
  if (outcome.type === 'retry') return /^(gRPC|HTTP) status/.test(outcome.reason);
  // No such path, method, media type or service: whoever is there is no receiver of this signal.
  return outcome.type !== 'held' || /status (401|403|16|7|5\d\d)\b/.test(outcome.reason);
}

/**
 * How far the clock of an HTTP server is ahead of ours, in milliseconds, by its Date header; undefined where it sends none.
 * The header counts seconds: half a second either way is nothing.
 */
export function clockAhead(url: string, config: TransportConfig, ms: number): Promise<number | undefined> {
  return new Promise((resolve) => {
    const { get } = url.startsWith('https:') ? https : http;
    const request = get(new URL('/', url), { agent: false, timeout: ms, ...tlsOptions(config) }, (response) => {
      const date = Date.parse(response.headers.date ?? '');
      response.resume();
      resolve(Number.isNaN(date) ? undefined : date + 500 - Date.now());
      request.destroy();
    });
    request.once('timeout', () => request.destroy(new Error('timeout')));
    request.once('error', () => resolve(undefined)); // it is judged by the other requests
  });
}
