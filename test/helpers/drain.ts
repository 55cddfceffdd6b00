import type { ExecutionContext } from 'ava';
import { fixture, kfCluster, type Running } from './cluster.js';
import './json-log.js';

export interface Served extends Running {
  readonly port: number;
  /** Of the worker that said so first. */
  readonly worker: number;
}

/** One worker with a server of that kind from fixtures/drain/servers.cjs. The drain may take longer than any test. */
export async function serve(
  t: ExecutionContext,
  kind: string,
  env: Record<string, string> = {},
  flags: readonly string[] = ['-w', '1', '--drain-timeout', '10m'],
): Promise<Served> {
  const args = ['start', fixture('drain/servers.cjs'), '--no-telemetry', '--log-level', 'debug', ...flags];
  const cluster = kfCluster(t, args, { env: { KIND: kind, ...env } });
  const [, port = '', worker = ''] = await cluster.line(new RegExp(`^${kind} (\\S+) (\\d+)`));
  await cluster.event('all-ready');
  return { ...cluster, port: Number(port), worker: Number(worker) };
}
