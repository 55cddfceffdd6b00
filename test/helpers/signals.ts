import type { ExecutionContext } from 'ava';
import type { LogEntry, MetricEntry, SpanRecord } from '../../src/dev/model.js';
import { type Receiver, startReceiver } from '../../src/dev/receiver.js';
import { appFolder } from './app-folder.js';
import { kfCluster, type Running } from './cluster.js';
import './json-log.js';
import { receiverPorts } from './raw.js';

/** A collector of all signals, with what it has received. */
export interface AllSignals {
  readonly receiver: Receiver;
  readonly spans: SpanRecord[];
  readonly metrics: MetricEntry[];
  readonly logs: LogEntry[];
  /** Resolves when the condition holds over what has arrived. */
  until(condition: () => boolean): Promise<void>;
}

export async function allSignals(t: ExecutionContext): Promise<AllSignals> {
  const spans: SpanRecord[] = [];
  const metrics: MetricEntry[] = [];
  const logs: LogEntry[] = [];
  const checks = new Set<() => void>();
  const into =
    <T>(kept: T[]) =>
    (items: readonly T[]) => {
      kept.push(...items);
      for (const check of [...checks]) check();
    };
  const receiver = await startReceiver({
    ...(await receiverPorts()),
    ...{ onTraces: into(spans), onMetrics: into(metrics), onLogs: into(logs) },
  });
  t.teardown(() => receiver.close());
  const until = (condition: () => boolean) =>
    new Promise<void>((resolve) => {
      const check = () => {
        if (!condition()) return;
        checks.delete(check);
        resolve();
      };
      checks.add(check);
      check();
    });
  return { receiver, spans, metrics, logs, until };
}

export interface ShopOptions {
  /** Of test/fixtures/signals. */
  readonly fixture: string;
  /** `otel-api-1.9` or `otel-api-1.10`. */
  readonly api?: string;
  readonly args?: readonly string[];
  readonly env?: Record<string, string>;
}

/** A cluster of an app in a folder of its own, with its own copy of the api. */
export function startShop({ fixture, api = 'otel-api-1.10', args = [], env = {} }: ShopOptions): {
  script: string;
  args: string[];
  env: Record<string, string>;
} {
  const copies = { '@opentelemetry/api': api };
  const script = appFolder({ fixture: `signals/${fixture}`, copies, links: ['pino', 'winston'] });
  return { script, args: ['start', script, '-w', '1', '--name', 'shop', ...args], env };
}

/** Starts it, and waits until it serves. */
export async function openShop(
  t: ExecutionContext,
  options: ShopOptions,
): Promise<Running & { readonly port: string }> {
  const { args, env } = startShop(options);
  const cluster = kfCluster(t, args, { env });
  const [, port = ''] = await cluster.line(/^listening (\d+)/);
  await cluster.event('all-ready');
  return { ...cluster, port };
}

/** The environment that sends everything there. */
export function sendTo(receiver: Receiver, protocol: string): Record<string, string> {
  return {
    OTEL_EXPORTER_OTLP_PROTOCOL: protocol,
    OTEL_EXPORTER_OTLP_ENDPOINT: protocol === 'grpc' ? receiver.grpcUrl : receiver.httpUrl,
  };
}
