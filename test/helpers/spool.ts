import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { resourceFromAttributes } from '@opentelemetry/resources';
import { NodeTracerProvider } from '@opentelemetry/sdk-trace-node';
import type { ExecutionContext } from 'ava';
import { balance, connector, createSpool, type Spool, type SpoolOptions } from '../../src/telemetry/outbox/index.js';
import type { TransportConfig } from '../../src/telemetry/outbox/send/transport.js';

/** A directory of this test's own, deleted after it. */
export function tempDir(t: ExecutionContext): string {
  const dir = mkdtempSync(join(tmpdir(), 'kf-spool-'));
  t.teardown(() => rmSync(dir, { recursive: true, force: true }));
  return dir;
}

/** How long a flush that succeeds may take, in milliseconds: no figure of a test, for a machine that has much else to do. */
export const PATIENCE = 110_000;

/** By which the tests speak gRPC: upstream.test.ts runs those of others again with the other one. */
export const grpcClient = () => (process.env.KF_TEST_GRPC_CLIENT === 'upstream' ? 'upstream' : 'builtin');

export function configFor(url: string, more: Partial<TransportConfig> = {}): TransportConfig {
  const urls = { traces: url, logs: url, metrics: url };
  const base = { protocol: 'grpc', headers: {}, compression: 'none', userAgent: 'kf-cluster-test' } as const;
  return { ...base, urls, grpcClient: grpcClient(), ...more };
}

export interface Rig {
  readonly spool: Spool;
  readonly warnings: string[];
  /** What to do about each of them. */
  readonly fixes: string[];
  readonly drops: { cause: string; items: number; why: string; fix: string }[];
  /** Ends `count` spans named `${prefix}0` and up, within one turn. */
  emit(prefix: string, count: number): void;
  /** Fails the test unless the account adds up; returns it. */
  account(): ReturnType<Spool['account']>;
}

/** A spool behind a real provider. */
export function rig(
  t: ExecutionContext,
  options: Partial<SpoolOptions> & { url?: string; config?: TransportConfig },
): Rig {
  const warnings: string[] = [];
  const fixes: string[] = [];
  const drops: Rig['drops'] = [];
  const spool = createSpool({
    delivery: 'spool',
    dir: join(tempDir(t), 'spool'),
    encoding: 'protobuf',
    connect: connector(options.config ?? configFor(options.url ?? 'http://127.0.0.1:1')),
    warn: (what, fix) => {
      warnings.push(what);
      fixes.push(fix);
    },
    onDrop: (cause, items, why, fix) => drops.push({ cause, items, why, fix }),
    ...options,
    // A receiver that a busy machine makes slow is none that does not answer.
    sender: { requestTimeoutMs: PATIENCE, ...options.sender },
  });
  const provider = new NodeTracerProvider({
    resource: resourceFromAttributes({ 'service.name': 'rig' }),
    spanProcessors: [spool.processor],
  });
  const tracer = provider.getTracer('rig');
  t.teardown(() => spool.close());
  return {
    spool,
    warnings,
    fixes,
    drops,
    emit: (prefix, count) => {
      for (let i = 0; i < count; i++) tracer.startSpan(`${prefix}${i}`).end();
    },
    account: () => {
      const account = spool.account('traces');
      t.is(balance(account), 0, JSON.stringify(account));
      return account;
    },
  };
}

/** Every file below a directory, relative to it. */
export function filesBelow(dir: string): string[] {
  return readdirSync(dir, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(dir.length + 1))
    .sort();
}

/** Resolves when the condition holds, looked at once per turn of the event loop; the test's own timeout bounds it. */
export async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setImmediate(resolve));
}

/** What the test decides when to let go. */
export function gate(): { readonly opened: Promise<void>; open: () => void } {
  let open: () => void = () => undefined;
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { opened, open };
}
