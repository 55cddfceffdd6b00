import type { ExecutionContext } from 'ava';
import { type Clients, startClients } from '../helpers/clients.js';
import { collector } from '../helpers/delivery.js';
import { isHere } from '../helpers/nodes.js';
import type { Store } from '../helpers/span-store.js';
import { type AppSpec, nodeFor, type Served, serveApp } from './stage.js';

export const RELOADS = 4;
const REQUESTS = 1_000;
const KEEPING = 20;
const OPENING = 4;

export interface LoadSpec extends AppSpec {
  /** Whose spans arrive: kf-cluster's own, those of the app's SDK, or none. */
  readonly tracing?: 'own-sdk';
  /** The framework makes SERVER spans too, below those of the requests. */
  readonly makesSpans?: true;
}

/** The bar of every app: no request fails, no connection is closed by a reload, and each request is one SERVER span. */
export async function survives(t: ExecutionContext, app: LoadSpec): Promise<void> {
  if (!isHere(t, nodeFor(app))) return;
  const { receiver, store } = await collector(t);
  const flags = [...(app.flags ?? []), ...(app.tracing ? ['--no-telemetry'] : [])];
  const url = app.tracing === 'own-sdk' ? receiver.httpUrl : receiver.grpcUrl;
  const cluster = await serveApp(t, { ...app, flags, env: { ...app.env, OTEL_EXPORTER_OTLP_ENDPOINT: url } });
  const clients = startClients({ port: cluster.port, keeping: KEEPING, opening: OPENING });
  await reloadUnderLoad(cluster, clients);
  clients.stopping();
  const code = await cluster.stop();
  await clients.done;
  const spans = servers(store, app);
  t.log(figures(clients, spans));
  t.deepEqual(clients.failures, [], cluster.stderr());
  t.deepEqual(clients.closed, { idle: 0, told: 0 });
  t.is(spans, clients.requests);
  t.is(code, 0);
}

/** Reloads spread over the requests, which go on meanwhile. */
export async function reloadUnderLoad(cluster: Served, clients: Clients): Promise<void> {
  for (let reload = 1; reload <= RELOADS; reload += 1) {
    await clients.asked((reload * REQUESTS) / (RELOADS + 1));
    await cluster.reload(reload + 1);
  }
  await clients.asked(REQUESTS);
}

function servers(store: Store, { makesSpans }: LoadSpec): number {
  const all = store.spans().filter((span) => span.kind === 'server');
  return (makesSpans ? all.filter((span) => !span.parentSpanId) : all).length;
}

/** `1012 requests, 0 failed, 0 closed idle, 0 told to close, 1012 SERVER spans` */
export function figures({ requests, failures, closed }: Clients, spans?: number): string {
  const counts = new Map<string, number>();
  for (const kind of failures) counts.set(kind, (counts.get(kind) ?? 0) + 1);
  const kinds = [...counts].map(([kind, count]) => `${kind} ${count}`);
  const failed = `${failures.length} failed${kinds.length > 0 ? ` (${kinds.join(', ')})` : ''}`;
  const base = `${requests} requests, ${failed}, ${closed.idle} closed idle, ${closed.told} told to close`;
  return spans === undefined ? base : `${base}, ${spans} SERVER spans`;
}
