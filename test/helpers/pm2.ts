import { execFile } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, watch, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import type { ExecutionContext } from 'ava';
import { type EventId, eventsIn, type Figures, type LogLine } from './log-lines.js';

const PM2 = join(createRequire(import.meta.url).resolve('pm2/package.json'), '../bin/pm2');

export interface Pm2 {
  /** Its folder, and the directory it was started in. */
  readonly home: string;
  /** A command of pm2, to its end; its stdout. */
  run(...args: string[]): Promise<string>;
  /** Starts these apps from an ecosystem file. */
  start(apps: readonly object[]): Promise<void>;
  /** The pids of its processes. */
  pids(): Promise<readonly number[]>;
  /** What an app has written so far. */
  log(app: string, kind: 'out' | 'error'): string;
  /** Resolves with the match once an app has written it. */
  logged(app: string, kind: 'out' | 'error', pattern: RegExp): Promise<RegExpMatchArray>;
  /** The lines of our log so far with this id and these figures, where KF_CLUSTER_LOG_FORMAT is json. */
  events(app: string, id: EventId, figures?: Figures): LogLine[];
  /** Resolves with the first of them once it is written. */
  event(app: string, id: EventId, figures?: Figures): Promise<LogLine>;
}

export interface Pm2Options {
  /** The node that runs pm2 and its workers. */
  readonly node?: string;
}

/** A daemon of its own, gone with the test. */
export function startPm2(t: ExecutionContext, { node = process.execPath }: Pm2Options = {}): Pm2 {
  const home = mkdtempSync(join(tmpdir(), 'kf-pm2-'));
  const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => !/^(OTEL_|KF_|NODE_|AVA)/.test(name)));
  // Its apps' sockets and spools too: what runs beside a test must not be in its way.
  const own = { PM2_HOME: home, XDG_RUNTIME_DIR: home, XDG_STATE_HOME: home };
  const run = async (...args: string[]) =>
    (await promisify(execFile)(node, [PM2, ...args], { cwd: home, env: { ...env, ...own } })).stdout;
  t.teardown(async () => {
    await run('kill');
    rmSync(home, { recursive: true, force: true });
  });
  return {
    home,
    run,
    start: async (apps) => {
      const file = join(home, 'ecosystem.config.cjs');
      writeFileSync(file, `exports.apps = ${JSON.stringify(apps.map((app) => ({ ...logsOf(home, app), ...app })))}`);
      await run('start', file);
    },
    pids: async () => (JSON.parse(await run('jlist')) as { pid: number }[]).map(({ pid }) => pid),
    log: (app, kind) => readFileSync(join(home, `${app}-${kind}.log`), 'utf8'),
    logged: (app, kind, pattern) =>
      appears(join(home, `${app}-${kind}.log`), (text) => pattern.exec(text) ?? undefined),
    events: (app, id, figures) => eventsIn(readFileSync(join(home, `${app}-error.log`), 'utf8'), id, figures),
    event: (app, id, figures) => appears(join(home, `${app}-error.log`), (text) => eventsIn(text, id, figures)[0]),
  };
}

/** One file for all processes of an app, by a name that is known beforehand. */
function logsOf(home: string, app: { name?: string }): object {
  const [out_file, error_file] = ['out', 'error'].map((kind) => join(home, `${app.name}-${kind}.log`));
  return { out_file, error_file, merge_logs: true, pmx: false, vizion: false };
}

function appears<T>(file: string, pick: (text: string) => T | undefined): Promise<T> {
  return new Promise((resolve) => {
    const check = () => {
      const found = existsSync(file) ? pick(readFileSync(file, 'utf8')) : undefined;
      if (found === undefined) return;
      watcher.close();
      resolve(found);
    };
    const watcher = watch(dirname(file), check); // the file may not be there yet
    check();
  });
}
