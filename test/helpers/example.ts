import { fileURLToPath } from 'node:url';
import type { ExecutionContext } from 'ava';
import { startReceiver } from '../../src/dev/receiver.js';
import type { Running } from './cluster.js';
import './json-log.js';
import { receiverPorts } from './raw.js';
import { createStore, type Store } from './span-store.js';

const ROOT = new URL('../../../', import.meta.url);

/** Absolute path of a file of the repository. */
export function inRepo(path: string): string {
  return fileURLToPath(new URL(path, ROOT));
}

/** A real collector on free ports, and the environment that leads to it. Every example takes its port from PORT. */
export async function collector(t: ExecutionContext): Promise<{ store: Store; env: Record<string, string> }> {
  const store = createStore();
  const receiver = await startReceiver({ ...(await receiverPorts()), onTraces: (spans) => void store.add(spans) });
  t.teardown(() => receiver.close());
  return { store, env: { PORT: '0', OTEL_EXPORTER_OTLP_ENDPOINT: receiver.grpcUrl } };
}

/** The port that an example says it listens on, once its workers are ready. */
export async function portOf(running: Running, workers: number): Promise<string> {
  const [, port = ''] = await running.line(/ on http:\/\/[\w.]+:(\d+)\//);
  await running.eventTimes('worker-ready', workers);
  return port;
}
