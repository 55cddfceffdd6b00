import { type ChildProcess, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { closeSync, statSync } from 'node:fs';
import { basename, resolve } from 'node:path';
import type { Pm2App } from '../platforms/pm2/ecosystem/read-ecosystem.js';
import { BACKGROUND, type LaunchedApp, launchedOf } from '../platforms/pm2/launcher/starting.js';
import { controlOff } from './control-off.js';
import { defaultLogFile, inForeground, openLog, sayThatItWaits, writtenTo } from './daemon.js';
import type { Invocation } from './invocation.js';
import { print } from './print.js';

/** Bytes at which the log file of an app in the background becomes `FILE.1`: the default of --log-max-size. */
const LOG_MAX_SIZE = 50 * 1024 * 1024;

const WAITS_FOR =
  'Not every app is ready yet. An app in cluster mode, or with a PORT, is ready when it listens, or without a server when ' +
  "its --boot-timeout is over. For a job or queue consumer without a server: kf: { ready: 'settled' }";

/**
 * `kf-cluster start ecosystem.config.js --daemon`: puts the launcher into the background and waits until each app is ready
 * or has ended.
 *
 * @param words the command line of the launcher, which is to start just these apps
 * @returns 0 when each is ready, or has ended with 0; else the code of the first that has not. The others run on.
 */
export async function startInBackground(
  apps: readonly Pm2App[],
  { script = '', cwd }: Invocation,
  words: readonly string[] = inForeground([]),
): Promise<number> {
  const own = openLog(defaultLogFile(launcherName(resolve(cwd, script))));
  const logs = new Map(apps.map((app) => [app.name, logsOf(withLogFile(app))]));
  const stdio = own?.fd ?? 'ignore';
  const launcher = spawn(process.execPath, [...process.execArgv, process.argv[1] ?? '', ...words], {
    detached: true,
    env: { ...process.env, ...BACKGROUND },
    stdio: ['ignore', stdio, stdio, 'ipc'],
  });
  if (own) closeSync(own.fd);
  const said = sayThatItWaits(WAITS_FOR);
  const launched = await outcome(launcher);
  said.stop();
  if (typeof launched === 'number') {
    process.stderr.write(own ? writtenTo(own) : '');
    return launched;
  }
  launcher.disconnect();
  launcher.unref();
  for (const app of launched) await report(app, logs.get(app.name) ?? []);
  return launched.find(({ code }) => code)?.code ?? 0;
}

/** In the background an app that names no file has the one that it would have if it ran alone. */
export function withLogFile(app: Pm2App): Pm2App {
  const { out, err } = app.launch;
  const file = defaultLogFile(app.name);
  const files = { out: out === undefined ? file : out, err: err === undefined ? file : err };
  return { ...app, launch: { ...app.launch, ...files, logMaxSize: LOG_MAX_SIZE } };
}

/** Of two ecosystem files of one name each has a launcher with a log of its own. */
function launcherName(file: string): string {
  return `${basename(file)}~${createHash('sha256').update(file).digest('hex').slice(0, 8)}`;
}

/** What stands in the files of an app before it starts. */
function logsOf({ launch: { out, err, combined } }: Pm2App) {
  const files = [...new Set([out, err, combined])].filter((file) => typeof file === 'string');
  return files.map((file) => {
    const stat = statSync(file, { throwIfNoEntry: false });
    return { file, size: stat?.size ?? 0, regular: stat?.isFile() ?? true, fd: -1 };
  });
}

/** What has become of each app; the exit code of a launcher that did not report. */
function outcome(launcher: ChildProcess): Promise<readonly LaunchedApp[] | number> {
  return new Promise((resolve, reject) => {
    launcher.once('error', reject);
    launcher.once('exit', (code) => setImmediate(() => resolve(code || 1)));
    launcher.on('message', (message) => {
      const apps = launchedOf(message);
      if (apps) resolve(apps);
    });
  });
}

async function report({ name, pid, code }: LaunchedApp, logs: ReturnType<typeof logsOf>): Promise<void> {
  const files = logs.map(({ file }) => file).join(' and ') || 'none';
  if (code === undefined) {
    process.stderr.write((await controlOff(name, pid)) ?? '');
    await print(`${name} started, pid ${pid}, log ${files}\n`);
    return;
  }
  if (code === 0) {
    await print(`${name} has ended, log ${files}\n`);
    return;
  }
  const written = logs.filter(({ file }) => statSync(file, { throwIfNoEntry: false })?.isFile()).map(writtenTo);
  process.stderr.write(`${written.join('')}app ${name} has ended with code ${code}, log ${files}\n`);
}
