import { randomBytes } from 'node:crypto';
import http from 'node:http';
import https from 'node:https';
import { KfError } from '../../contract/errors.js';

/** The ids of a request that is traced from here. */
export interface TraceIds {
  readonly traceId: string;
  readonly spanId: string;
}

export interface Answered {
  readonly status: number;
  readonly ms: number;
}

/** How long the app may take to answer, in milliseconds. */
const PATIENCE = 10_000;

export const newTrace = (): TraceIds => ({
  traceId: randomBytes(16).toString('hex'),
  spanId: randomBytes(8).toString('hex'),
});

/** @throws KfError BAD_FLAG */
export function readUrl(text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url && /^https?:$/.test(url.protocol)) return url;
  throw new KfError('BAD_FLAG', '--url is no URL of HTTP', 'it begins with http:// or https://', {
    fix: 'kf-cluster smoke --url http://localhost:3000/',
  });
}

/**
 * One GET on a connection of its own, with a sampled traceparent.
 * @throws KfError UNREACHABLE
 */
export function sendRequest(url: URL, { traceId, spanId }: TraceIds): Promise<Answered> {
  const begun = performance.now();
  const headers = { traceparent: `00-${traceId}-${spanId}-01`, 'user-agent': 'kf-cluster-smoke' };
  const { get } = url.protocol === 'https:' ? https : http;
  return new Promise((resolve, reject) => {
    const request = get(url, { headers, agent: false }, (response) => {
      response.once('error', fail).resume();
      response.once('end', () => resolve({ status: response.statusCode ?? 0, ms: performance.now() - begun }));
    });
    const late = setTimeout(() => request.destroy(new Error(`no answer within ${PATIENCE / 1_000} s`)), PATIENCE);
    const fail = (error: Error) => {
      clearTimeout(late);
      reject(
        new KfError('UNREACHABLE', `${url.origin} does not answer the request`, error.message, {
          fix: 'Check the address and the port; kf-cluster status says whether workers are ready.',
        }),
      );
    };
    request.once('error', fail).once('close', () => clearTimeout(late));
  });
}
