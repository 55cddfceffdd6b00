import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { ExecutionContext } from 'ava';
import type { ControlPath, FullStatus } from '../../src/contract/control-protocol.js';
import type { SpanAccount } from '../../src/contract/item-account.js';
import { call } from '../../src/control/client.js';
import type { Faults } from '../../src/dev/faults.js';
import { startReceiver } from '../../src/dev/receiver.js';
import { fixture, NODE, privateDir, type Running, watch } from '../helpers/cluster.js';
import { freePort, receiverPorts } from '../helpers/raw.js';

/** A collector that keeps the number of each span it has taken. */
export interface Collector {
  readonly url: string;
  readonly received: ReadonlySet<string>;
  duplicates(): number;
  /** How many spans of kf-cluster's own (a predecessor that hung or was killed) came from a worker. */
  own(pid: number): number;
  suffer(faults: Faults): void;
  pause(): Promise<void>;
  resume(): Promise<void>;
  /** Resolves when all of these have arrived; rejects after `ms` milliseconds. */
  all(ids: readonly string[], ms: number): Promise<void>;
}

export async function openCollector(t: ExecutionContext): Promise<Collector> {
  const received = new Set<string>();
  const checks = new Set<() => void>();
  const own = new Map<number, number>();
  let duplicates = 0;
  let down = false;
  const receiver = await startReceiver({
    ...(await receiverPorts()),
    onTraces: (spans) => {
      for (const { spanId, name, resource } of spans) {
        const pid = Number(resource.attributes['process.pid']);
        if (received.has(spanId)) duplicates += 1;
        else if (name.startsWith('kf.')) own.set(pid, (own.get(pid) ?? 0) + 1);
        received.add(spanId);
      }
      for (const check of [...checks]) check();
    },
  });
  t.teardown(() => receiver.close());
  return {
    url: receiver.grpcUrl,
    received,
    duplicates: () => duplicates,
    own: (pid) => own.get(pid) ?? 0,
    suffer: (faults) => {
      receiver.faults = faults;
    },
    pause: async () => {
      if (!down) await receiver.pause();
      down = true;
    },
    resume: async () => {
      if (down) await receiver.resume();
      down = false;
    },
    all: (ids, ms) =>
      new Promise((resolve, reject) => {
        const check = () => {
          if (!ids.every((id) => received.has(id))) return;
          clearTimeout(timer);
          checks.delete(check);
          resolve();
        };
        const late = () => reject(new Error(`missing: ${ids.filter((id) => !received.has(id)).join(' ')}`));
        const timer = setTimeout(late, ms);
        checks.add(check);
        check();
      }),
  };
}

/** One supervisor under test, its control socket, and what it told. */
export interface Stage {
  readonly program: Running;
  readonly port: number;
  readonly ledger: string;
  /** A mark in the environment of every process that belongs to it. */
  readonly mark: string;
  status(): Promise<FullStatus>;
  /** Rejects with a KfError when it is refused. */
  order(path: ControlPath, body?: unknown): Promise<void>;
  accounts(): readonly { readonly pid: number; readonly spans?: SpanAccount }[];
}

export interface StageOptions {
  readonly collector: Collector;
  readonly dir: string;
  readonly options: Readonly<Record<string, unknown>>;
}

export async function openStage(t: ExecutionContext, { collector, dir, options }: StageOptions): Promise<Stage> {
  const runtimeDir = privateDir(t);
  const port = await freePort();
  const mark = `CHAOS_LEDGER=${join(dir, 'ledger')}`;
  const script = fixture('chaos/app.cjs');
  mkdirSync(join(dir, 'state'), { recursive: true });
  const program = watch(t, NODE, [fixture('chaos/primary.mjs')], {
    env: {
      CHAOS_OPTIONS: JSON.stringify({ script, name: 'chaos', spoolDir: join(dir, 'spool'), ...options }),
      CHAOS_LEDGER: join(dir, 'ledger'),
      OTEL_EXPORTER_OTLP_ENDPOINT: collector.url,
      PORT: String(port),
      XDG_RUNTIME_DIR: runtimeDir,
    },
  });
  const socket = join(runtimeDir, 'kf-cluster', 'chaos.sock');
  await program.line(/^started/);
  return {
    ...{ program, port, mark, ledger: join(dir, 'ledger') },
    status: () => call<FullStatus>(socket, { path: '/v1/status' }),
    order: (path, body) => call(socket, { method: 'POST', path, body, patience: 0, onLine: () => undefined }),
    accounts: () =>
      program.lines.filter((line) => line.startsWith('flushed ')).map((line) => JSON.parse(line.slice(8))),
  };
}
