import { request } from 'node:http';
import type { SpanRecord } from '../../src/dev/model.js';
import { startPage } from '../../src/dev/server/page-server.js';
import { createSession, type RunSession } from '../../src/dev/session/run-session.js';
import { createTelemetryStore, type StoreCaps, type TelemetryStore } from '../../src/dev/store/telemetry-store.js';
import { makeSpan } from './span.js';

/** A session with a store, as the receiver process has them. */
export function makeSession(caps: StoreCaps = {}): { store: TelemetryStore; session: RunSession } {
  const store = createTelemetryStore(caps);
  const about = { app: 'shop', version: '1', startedAt: 0, listenOnly: false };
  return { store, session: createSession({ store, about, received: () => 0 }) };
}

export interface Asked {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: string;
}

export interface PageUnderTest {
  readonly store: TelemetryStore;
  readonly session: RunSession;
  readonly port: number;
  readonly token: string;
  /** `fetch` sets Host, Origin and Sec-Fetch-Site itself; this one sends what it is given. Undefined leaves a header out. */
  ask(
    path: string,
    headers?: Record<string, string | undefined>,
    how?: { method?: string; body?: string },
  ): Promise<Asked>;
  close(): Promise<void>;
}

/** The page's server on any free port. */
export async function openPage(caps: StoreCaps = {}): Promise<PageUnderTest> {
  const { store, session } = makeSession(caps);
  const page = await startPage(session, 0);
  const { port: text, hash } = new URL(page.url);
  const [port, token] = [Number(text), hash.slice(1)];
  return {
    ...{ store, session, port, token, close: page.close },
    ask: (path, headers = {}, { method = 'GET', body } = {}) =>
      new Promise((resolve, reject) => {
        const all = { authorization: `Bearer ${token}`, host: `127.0.0.1:${port}`, ...headers };
        const sent = Object.fromEntries(Object.entries(all).filter(([, value]) => value !== undefined));
        const asked = request({ port, host: '127.0.0.1', path, method, headers: sent, setHost: false }, (response) => {
          let text = '';
          response.setEncoding('utf8').on('data', (chunk) => {
            text += chunk;
          });
          response.on('end', () =>
            resolve({ status: response.statusCode ?? 0, headers: response.headers, body: text }),
          );
          response.on('error', reject);
        });
        asked.once('error', reject).end(body);
      }),
  };
}

let made = 0;

/** An id that no other span of this process has. */
export function freshId(bytes: number): string {
  made += 1;
  return made.toString(16).padStart(2 * bytes, '0');
}

/** The SERVER span of a request, in a trace of its own. */
export function makeRequest(
  fields: Partial<SpanRecord> & {
    slot?: number;
    generation?: number;
    route?: string;
    http?: number;
    ms?: number;
  } = {},
): SpanRecord {
  const { slot = 0, generation = 1, route = '/pay', http = 200, ms = 5, ...rest } = fields;
  const endNs = BigInt(Date.now()) * 1_000_000n;
  const attributes = {
    'service.name': 'shop',
    'kf.worker.slot': slot,
    'kf.worker.generation': generation,
    'process.pid': 100 + slot,
  };
  return makeSpan({
    traceId: freshId(16),
    spanId: freshId(8),
    kind: 'server',
    name: `GET ${route}`,
    startNs: endNs - BigInt(Math.round(ms * 1e6)),
    endNs,
    attributes: { 'http.request.method': 'GET', 'http.route': route, 'http.response.status_code': http },
    resource: { attributes, droppedAttributes: 0, schemaUrl: '' },
    ...rest,
  });
}
