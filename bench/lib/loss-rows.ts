import { get } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import type { Started } from './contender.js';
import type { Faulty } from './faulty.js';
import { isAlive } from './proc.js';
import { path } from './program.js';

/** What a row may do while the load goes on. */
export interface Scene {
  readonly started: Started;
  readonly collector: Faulty;
  readonly port: number;
  /** Seconds that the collector is away. */
  readonly outage: number;
}

/** One way to lose spans. */
export interface Row {
  readonly name: string;
  /** Requests a second, two spans each. */
  readonly rate: number;
  /** Seconds of load before and after it happens. */
  readonly around: number;
  /** Our own flags, beyond the defaults. */
  readonly flags?: readonly string[];
  /** Ours as well. */
  readonly env?: Readonly<Record<string, string>>;
  happen(scene: Scene): Promise<void>;
  /** Connections cut under a request, at most, besides those the collector counts; each may cost one request sent twice. */
  readonly cuts: (workers: number) => number;
}

const RATE = 500;
const TIMES = 5;
const RELOAD_BOUND_MS = 10_000;
const nothing = () => 0;

export const ROWS: readonly Row[] = [
  { name: 'stop', rate: RATE, around: 1, happen: async () => undefined, cuts: nothing },
  {
    name: 'reload',
    rate: RATE,
    around: 1,
    happen: ({ started }) => times(() => bounded(started.reload!()), 0),
    cuts: nothing,
  },
  {
    name: 'kill',
    rate: RATE,
    around: 2,
    flags: ['--delivery', 'journal', '--journal-per', 'span'],
    happen: (scene) => times(() => kill(scene), 1.5),
    // The collector has acknowledged what the killed worker could not note any more.
    cuts: () => TIMES,
  },
  {
    name: 'kill-batch',
    rate: RATE,
    around: 2,
    flags: ['--delivery', 'journal'],
    happen: (scene) => times(() => kill(scene), 1.5),
    cuts: () => TIMES,
  },
  {
    name: 'uncaught',
    rate: RATE,
    around: 2,
    happen: (scene) => times(() => ask(scene, '/uncaught'), 1.5),
    cuts: () => TIMES,
  },
  { name: 'exit', rate: RATE, around: 2, happen: (scene) => times(() => ask(scene, '/exit'), 1.5), cuts: () => TIMES },
  { name: 'outage', rate: RATE, around: 2, happen: away, cuts: (workers) => workers },
  {
    name: 'slow',
    rate: 1500,
    around: 0,
    happen: (scene) => faulty(scene, { delayMs: 2_000 }, 60, false),
    cuts: nothing,
  },
  {
    name: 'exhausted',
    rate: RATE,
    around: 2,
    happen: (scene) => faulty(scene, { refuse: { grpc: 8, retryAfterMs: 500 } }, 10),
    cuts: nothing,
  },
  {
    name: 'partial',
    rate: RATE,
    around: 0,
    happen: (scene) => faulty(scene, { partial: { rejected: 1 } }, 8, false),
    cuts: nothing,
  },
  // It takes what came before it resets: the worst case for duplicates.
  {
    name: 'resets',
    rate: RATE,
    around: 2,
    happen: (scene) => faulty(scene, { reset: true, takes: true }, 5),
    cuts: nothing,
  },
  { name: 'silent', rate: RATE, around: 2, happen: (scene) => faulty(scene, { silent: true }, 15), cuts: nothing },
  // A wrong key for a minute, mended in the midst of the load.
  {
    name: 'refused',
    rate: RATE,
    around: 2,
    happen: (scene) => faulty(scene, { refuse: { grpc: 16 } }, 60),
    cuts: nothing,
  },
  // Slower than OTEL_EXPORTER_OTLP_TIMEOUT: each worker's first request comes again until the time has grown.
  {
    name: 'overdue',
    rate: RATE,
    around: 2,
    env: { OTEL_EXPORTER_OTLP_TIMEOUT: '500' },
    happen: (scene) => faulty(scene, { delayMs: 1_000 }, 20),
    cuts: (workers) => 3 * workers,
  },
  // A proxy that ends each connection after five requests.
  {
    name: 'cut-proxy',
    rate: RATE,
    around: 2,
    happen: (scene) => faulty(scene, { reset: true, takes: true, every: 5 }, 20),
    cuts: nothing,
  },
  // One span in fifty that no encoder can take as it is, so each batch has some: they take no other one along.
  {
    name: 'poisoned',
    rate: RATE,
    around: 5,
    env: { BENCH_POISON: '50' },
    happen: async () => undefined,
    cuts: nothing,
  },
  { name: 'upstream', rate: RATE, around: 2, flags: ['--otlp-transport', 'upstream'], happen: away, cuts: (n) => n },
  {
    name: 'injected',
    rate: RATE,
    around: 1,
    env: { NODE_OPTIONS: `--require ${path('test/fixtures/injected/sdk.cjs')}`, OTEL_EXPORTER_OTLP_PROTOCOL: 'grpc' },
    happen: ({ started }) => times(() => bounded(started.reload!()), 0),
    cuts: nothing,
  },
  { name: 'primary', rate: RATE, around: 1, happen: killPrimary, cuts: nothing },
];

/** By name, in the order given. Throws on a name nobody has. */
export function rowsNamed(names: readonly string[]): Row[] {
  return names.map((name) => {
    const found = ROWS.find((row) => row.name === name);
    if (!found) throw new Error(`no row ${name}; there are ${ROWS.map((row) => row.name).join(', ')}`);
    return found;
  });
}

async function times(happen: () => Promise<void>, pauseSeconds: number): Promise<void> {
  for (let time = 0; time < TIMES; time++) {
    await happen();
    await delay(pauseSeconds * 1000);
  }
}

/** throng loses a worker for good when one exits at the wrong moment; its reload then never ends. */
async function bounded(reload: Promise<void>): Promise<void> {
  await Promise.race([reload, delay(RELOAD_BOUND_MS)]);
}

/** Kills the oldest worker, so that each gets its turn. */
async function kill({ started }: Scene): Promise<void> {
  const [worker] = started.workers();
  if (worker !== undefined) process.kill(worker, 'SIGKILL');
}

/** The answer does not come: the worker ends under it. */
async function ask({ port }: Scene, path: string): Promise<void> {
  await new Promise<void>((resolve) => {
    const request = get({ port, host: '127.0.0.1', path, agent: false });
    request.on('error', () => undefined);
    request.on('close', resolve);
  });
}

async function away({ collector, outage }: Scene): Promise<void> {
  await collector.down();
  await delay(outage * 1000);
  await collector.up();
}

async function faulty(
  { collector }: Scene,
  faults: Parameters<Faulty['behave']>[0],
  seconds: number,
  heals = true,
): Promise<void> {
  await collector.behave(faults);
  await delay(seconds * 1000);
  if (heals) await collector.behave({});
}

async function killPrimary({ started }: Scene): Promise<void> {
  const workers = started.workers();
  process.kill(started.primary(), 'SIGKILL');
  const bound = performance.now() + 30_000;
  while (workers.some(isAlive) && performance.now() < bound) await delay(10);
}
