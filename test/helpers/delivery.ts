import http from 'node:http';
import type { ExecutionContext } from 'ava';
import { startReceiver } from '../../src/dev/receiver.js';
import { BIN, fixture, kfCluster, NODE, type Running, watch } from './cluster.js';
import { get } from './http.js';
import './json-log.js';
import { logLine } from './log-lines.js';
import { receiverPorts } from './raw.js';
import { createStore, type Store } from './span-store.js';

/** A collector that is taken down and up by a test, with what it has received. */
export async function collector(t: ExecutionContext) {
  const store = createStore();
  const receiver = await startReceiver({ ...(await receiverPorts()), onTraces: (spans) => void store.add(spans) });
  t.teardown(() => receiver.close());
  return { receiver, store, received: (count: number) => store.waitFor(() => store.spans().length >= count) };
}

/** For a stop that no collector listens to. */
export const BRIEF = ['--flush-timeout', '1s'] as const;

/** A cluster of the app that ends spans on request, with nothing instrumented, so that only those are counted. */
export function spansApp(
  t: ExecutionContext,
  url: string,
  args: readonly string[],
  { wrapper, env = {} }: { wrapper?: readonly string[]; env?: Record<string, string> } = {},
): Running {
  const options = ['--no-auto-instrumentation', '--flush-timeout', '30s', ...args];
  const command = ['start', fixture('apps/spans.cjs'), ...options];
  // A receiver that a busy machine makes slow is no outage: what is sent again for want of an answer may arrive twice.
  const environment = {
    env: { OTEL_EXPORTER_OTLP_ENDPOINT: url, OTEL_EXPORTER_OTLP_TIMEOUT: '60000', ...env },
  };
  const [wrap, ...words] = wrapper ?? [];
  if (wrap === undefined) return kfCluster(t, command, environment);
  return watch(t, wrap, [...words, NODE, BIN, ...command], environment);
}

/** Asks one worker, always the same until it is told to look for another. */
export function oneWorker(port: string) {
  let agent = new http.Agent({ keepAlive: true, maxSockets: 1 });
  return {
    reconnect: () => {
      agent.destroy();
      agent = new http.Agent({ keepAlive: true, maxSockets: 1 });
    },
    end: async (count: number) => Number((await get(port, `/end/${count}`, agent)).body),
    /** Resolves when the connection is gone: with its worker. */
    leave: (way: string) =>
      get(port, way, agent)
        .then(() => undefined)
        .catch(() => undefined),
  };
}

/** The sums over the accounts in the log, by term. */
export function accounts(cluster: Pick<Running, 'lines'>): Record<string, number> {
  const sums: Record<string, number> = { exported: 0, spooled: 0, dropped: 0, recovered: 0, rejected: 0, pending: 0 };
  for (const line of cluster.lines) {
    const flushed = logLine(line, 'worker-flushed', {});
    if (flushed) for (const term of Object.keys(sums)) sums[term]! += Number(flushed[`spans_${term}`]);
  }
  return sums;
}

/** Every received span came once. */
export function once(store: Store): boolean {
  return store.counts().duplicates === 0;
}
