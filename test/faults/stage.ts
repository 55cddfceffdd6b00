import { lstatSync, mkdirSync, readdirSync, readFileSync, readlinkSync, unlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { ControlPath, FullStatus } from '../../src/contract/control-protocol.js';
import { call } from '../../src/control/client.js';
import { startReceiver } from '../../src/dev/receiver.js';
import { BIN, fixture, NODE, type Owner, privateDir, type Running, watch } from '../helpers/cluster.js';
import { freePort, receiverPorts } from '../helpers/raw.js';
import { type Load, startLoad } from './load.js';

export const WORKERS = 2;
/** From one look to the next, where nothing can tell us. */
const LOOK = 50;

/** A supervisor with two workers, a collector, and clients that nobody traces. */
export interface Stage {
  readonly program: Running;
  readonly dir: string;
  readonly load: Load;
  readonly collector: Collector;
  readonly port: number;
  readonly adminPort: number;
  status(): Promise<FullStatus>;
  /** GET; rejects when it is not answered. */
  ask(path: ControlPath): Promise<void>;
  /** Rejects with a KfError when it is refused, or fails on the way. */
  order(path: ControlPath, body?: unknown): Promise<void>;
  /** Everything that was written: stdout, stderr, the log file and the one before. */
  said(): string;
  /** Who accepted connections from that port of a client, since then (of the clock, milliseconds): ports come again. */
  acceptedBy(port: number, since: number): readonly number[];
  /** What the clients met, and who accepted what, until now. */
  forget(): Promise<void>;
}

export interface Collector {
  readonly url: string;
  /** Names of the spans that arrived: those of the requests. */
  readonly received: ReadonlySet<string>;
  pause(): Promise<void>;
  resume(): Promise<void>;
}

const FLAGS = [
  ...['-w', String(WORKERS), '--name', 'faults', '--delivery', 'journal', '--log-max-size', '48KB'],
  ...['--hang-timeout', '10s', '--drain-timeout', '5s', '--flush-timeout', '2s', '--canary-time', '50ms'],
  ...['--backoff', '50ms..500ms', '--min-uptime', '300ms', '--max-restarts', '100000'],
  `--node-args=--require ${fixture('faults/hold.cjs')}`,
];

/** What the kernel's clock of files may be behind, in milliseconds. */
const TICK = 10;

let stages = 0;

/** @param held it is stopped in front of its first line */
export async function openStage(t: Owner, held: boolean): Promise<Stage> {
  const dir = privateDir(t);
  const owners = join(dir, 'owners');
  mkdirSync(owners);
  const collector = await openCollector(t);
  const [port, adminPort] = [await freePort(), await freePort()];
  const log = join(dir, 'log');
  const files = ['--log-file', log, '--spool-dir', join(dir, 'spool'), '--admin-port', String(adminPort)];
  const args = ['--require', fixture('faults/hold.cjs'), BIN, 'start', fixture('faults/app.cjs'), ...FLAGS, ...files];
  const env = {
    ...{ FAULTS_DIR: dir, FAULTS_OWNERS: owners },
    ...{ OTEL_EXPORTER_OTLP_ENDPOINT: collector.url, PORT: String(port), XDG_RUNTIME_DIR: dir },
  };
  if (held) hold(dir);
  const program = watch(t, NODE, args, { env });
  t.teardown(() => killAll(dir));
  const socket = join(dir, 'kf-cluster', 'faults.sock');
  const stage: Stage = {
    ...{ program, dir, collector, port, adminPort, load: startLoad(t, port, `s${++stages}-`) },
    status: () => call<FullStatus>(socket, { path: '/v1/status', patience: 5_000 }),
    ask: (path) => call(socket, { path, patience: 5_000, onLine: () => undefined }),
    order: (path, body) =>
      call(socket, { method: 'POST', path, body, patience: 0, onLine: (line) => mustNotFail(line) }),
    said: () => [program.stdout(), program.stderr(), read(`${log}.1`), read(log)].join('\n'),
    acceptedBy: (from, since) => {
      const names = readdirSync(owners).filter((name) => name.startsWith(`${from}-`));
      const files = names.map((name) => join(owners, name)).filter((file) => lstatSync(file).mtimeMs >= since - TICK);
      return files.map((file) => Number(readlinkSync(file)));
    },
    forget: async () => {
      for (const name of readdirSync(owners)) unlinkSync(join(owners, name));
      await stage.load.clear();
    },
  };
  if (held) await heldIn(dir);
  else await until(() => isWell(stage), 60_000, 'it starts');
  return stage;
}

/** The next program of this stage, be it the primary or a worker, stops in front of its first line. */
export function hold(dir: string): void {
  writeFileSync(join(dir, 'hold'), '');
}

/** Resolves with its pid when it has stopped. */
export async function heldIn(dir: string): Promise<number> {
  const file = join(dir, 'held');
  let pid = 0;
  const isHeld = () => {
    pid = Number(read(file));
    return pid > 0 && / T /.test(read(`/proc/${pid}/stat`));
  };
  await until(isHeld, 30_000, 'a program waits');
  unlinkSync(file);
  return pid;
}

function mustNotFail(line: unknown): void {
  const { type, error } = line as { type?: string; error?: { what?: string; why?: string } };
  if (type === 'failed') throw new Error(`${error?.what}: ${error?.why}`);
}

/** All workers are ready and answer requests. */
export async function isWell(stage: Stage): Promise<boolean> {
  const { phase, workers } = await stage.status();
  const pids = workers.map(({ pid }) => pid ?? 0);
  if (phase !== 'running' || workers.length !== WORKERS || workers.some((one) => one.phase !== 'ready')) return false;
  await stage.load.look();
  return pids.every((pid) => stage.load.answered.has(pid));
}

/** Looks until it is so. What a look throws is taken for no; the last such error is in the message. */
export async function until(isSo: () => boolean | Promise<boolean>, ms: number, what: string): Promise<void> {
  let last: unknown = '';
  for (const end = performance.now() + ms; performance.now() < end; await delay(LOOK)) {
    try {
      if (await isSo()) return;
      last = '';
    } catch (error) {
      last = error;
    }
  }
  throw new Error(`not within ${ms / 1_000} s: ${what} ${last}`);
}

/** Every process that belongs to a stage, by the directory in its environment. */
export function processesOf(dir: string): number[] {
  return readdirSync('/proc')
    .filter((pid) => /^\d+$/.test(pid) && read(`/proc/${pid}/environ`).split('\0').includes(`FAULTS_DIR=${dir}`))
    .map(Number);
}

export function killAll(dir: string): void {
  for (const pid of processesOf(dir)) {
    try {
      process.kill(pid, 'SIGKILL');
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
    }
  }
}

/** Empty for a file that is not there, or not any more. */
function read(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    if (['ENOENT', 'ESRCH', 'EACCES'].includes((error as NodeJS.ErrnoException).code ?? '')) return '';
    throw error;
  }
}

async function openCollector(t: Owner): Promise<Collector> {
  const received = new Set<string>();
  const onTraces = (spans: readonly { readonly name: string }[]) => {
    for (const { name } of spans) received.add(name);
  };
  const receiver = await startReceiver({ ...(await receiverPorts()), onTraces });
  t.teardown(() => receiver.close());
  let state: Promise<void> = Promise.resolve();
  let isDown = false;
  /** One change after the other, however a case ended. */
  const change = (down: boolean) => {
    state = state.then(async () => {
      if (down !== isDown) await (down ? receiver.pause() : receiver.resume());
      isDown = down;
    });
    return state;
  };
  return { url: receiver.grpcUrl, received, pause: () => change(true), resume: () => change(false) };
}
