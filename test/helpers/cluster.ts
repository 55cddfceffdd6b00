import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { ExecutionContext } from 'ava';
import { type EventId, type Figures, type LogLine, logLine } from './log-lines.js';
import { NODE } from './nodes.js';
import { stateDir } from './run-node.js';
import { tellIfSlow } from './slow.js';

export { NODE };

const ROOT = new URL('../../../', import.meta.url);
export const BIN = fileURLToPath(new URL('dist/bundle/bin.cjs', ROOT));

/** Absolute path of a fixture. */
export function fixture(name: string): string {
  return fileURLToPath(new URL(`test/fixtures/${name}`, ROOT));
}

export interface Running {
  readonly process: ChildProcess;
  readonly pid: number;
  /** All lines so far of stdout and stderr. */
  readonly lines: readonly string[];
  stderr(): string;
  stdout(): string;
  /** Resolves with the match of the first line, past or future, that matches; rejects when the process ends before. */
  line(pattern: RegExp): Promise<RegExpMatchArray>;
  /** Resolves when `count` lines match. */
  lineTimes(pattern: RegExp, count: number): Promise<RegExpMatchArray[]>;
  /** The first line of our log, past or future, with this id and these figures; rejects when the process ends before. */
  event(id: EventId, figures?: Figures): Promise<LogLine>;
  /** Resolves when there are `count` of them. */
  eventTimes(id: EventId, count: number, figures?: Figures): Promise<LogLine[]>;
  /** Those there have been so far. */
  events(id: EventId, figures?: Figures): LogLine[];
  /** Resolves when so many workers are ready for the first time. */
  ready(workers: number): Promise<LogLine>;
  readonly exit: Promise<{ code: number | null; signal: string | null }>;
  kill(signal: NodeJS.Signals): void;
}

/** Whoever cleans up: a test, or a program that runs many. */
export type Owner = Pick<ExecutionContext, 'teardown'>;

export interface StartOptions {
  readonly env?: Record<string, string>;
  readonly cwd?: string;
  readonly node?: string;
  readonly detached?: boolean;
  /** Whether the test writes to the program. */
  readonly stdin?: boolean;
}

/** Runs the built CLI; whatever is left of it at the test's end is killed. */
export function kfCluster(t: ExecutionContext, args: readonly string[], options: StartOptions = {}): Running {
  return watch(t, options.node ?? NODE, [BIN, ...args], options);
}

/** Runs any program and reads its lines. */
export function watch(t: Owner, command: string, args: readonly string[], options: StartOptions = {}): Running {
  const child = spawn(command, args, {
    cwd: options.cwd,
    env: {
      ...cleanEnv(),
      ...logFormat(),
      XDG_RUNTIME_DIR: privateDir(t),
      XDG_STATE_HOME: stateDir(),
      ...options.env,
    },
    stdio: [options.stdin ? 'pipe' : 'ignore', 'pipe', 'pipe'],
    detached: options.detached ?? false,
  });
  const texts = { stdout: '', stderr: '' };
  const lines: string[] = [];
  const checks = new Set<() => void>();
  let ended = false;
  for (const name of ['stdout', 'stderr'] as const) {
    let rest = '';
    child[name]?.on('data', (chunk: Buffer) => {
      texts[name] += chunk;
      const parts = (rest + chunk).split('\n');
      rest = parts.pop() ?? '';
      lines.push(...parts);
      for (const check of [...checks]) check();
    });
  }
  const exit = once(child, 'close').then(([code, signal]) => {
    ended = true;
    for (const check of [...checks]) check();
    return { code: code as number | null, signal: signal as string | null };
  });
  const found = <T>(what: string, pick: (line: string) => T | null, count: number) =>
    new Promise<T[]>((resolve, reject) => {
      const check = () => {
        const matches = lines.map(pick).filter((match) => match !== null);
        if (matches.length >= count) {
          checks.delete(check);
          resolve(matches);
        } else if (ended) {
          checks.delete(check);
          reject(new Error(`ended without ${what}:\n${texts.stderr}\n${texts.stdout}`));
        }
      };
      checks.add(check);
      check();
    });
  const wait = <T>(what: string, pick: (line: string) => T | null, count: number) =>
    tellIfSlow(found(what, pick, count), () => `${count} of ${what} in\n${lines.slice(-40).join('\n')}`);
  const lineTimes = (pattern: RegExp, count: number) => wait(`line ${pattern}`, (line) => line.match(pattern), count);
  const eventTimes = (id: EventId, count: number, figures: Figures = {}) =>
    wait(`event ${id} ${JSON.stringify(figures)}`, (line) => logLine(line, id, figures), count);
  const event = async (id: EventId, figures?: Figures) => (await eventTimes(id, 1, figures))[0]!;
  t.teardown(() => {
    if (child.exitCode === null && child.signalCode === null) child.kill('SIGKILL');
  });
  return {
    process: child,
    pid: child.pid ?? 0,
    lines,
    stderr: () => texts.stderr,
    stdout: () => texts.stdout,
    line: async (pattern) => (await lineTimes(pattern, 1))[0]!,
    lineTimes,
    event,
    eventTimes,
    events: (id, figures = {}) => lines.map((line) => logLine(line, id, figures)).filter((line) => line !== null),
    ready: (workers) => event('all-ready', { workers }),
    exit,
    kill: (signal) => {
      child.kill(signal);
      if (signal !== 'SIGHUP')
        void tellIfSlow(exit, () => `its end by ${signal}, after\n${lines.slice(-40).join('\n')}`);
    },
  };
}

/** That of json-log.ts, where the test file or a helper of it imports it. */
function logFormat(): NodeJS.ProcessEnv {
  const { KF_TEST_LOG_FORMAT: format } = process.env;
  return format === undefined ? {} : { KF_CLUSTER_LOG_FORMAT: format };
}

/** A directory for control sockets, so that tests that run at once do not take each other's names. Gone with the test. */
export function privateDir(t: Owner): string {
  const dir = mkdtempSync(join(tmpdir(), 'kf-run-'));
  t.teardown(() => rmSync(dir, { recursive: true, force: true }));
  return dir;
}

/** Settings of the machine or of a test before must not reach a program under test. */
function cleanEnv(): NodeJS.ProcessEnv {
  const kept = Object.entries(process.env).filter(
    ([name]) => !/^(OTEL_|KF_|NODE_|WEB_CONCURRENCY|FORCE_COLOR|NO_COLOR|AVA)/.test(name),
  );
  return Object.fromEntries(kept);
}

/** Resolves when no process has this pid any more. Waits for the kernel's word, by its own process file. */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
