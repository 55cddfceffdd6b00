import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, writeSync } from 'node:fs';
import type { Log } from '../../../contract/log.js';
import { eventLog } from '../../../contract/log-events.js';
import { trap } from '../../../contract/primary-signals.js';
import { watchTerminal } from '../../../run/terminal.js';
import type { Launch } from '../ecosystem/pm2-field.js';
import { type AppOutput, attempt, type OwnStreams, openAppOutput } from './app-output.js';
import { KeptStdout } from './kept-stdout.js';
import { openOwn, removeOwn } from './own-file.js';
import { reopenWhenAsked } from './reopen.js';
import { serveStdout } from './serve-stdout.js';
import { announceLaunched } from './starting.js';

/** Names the one app that a supervisor's process is started for. It is taken out before anything else reads it. */
export const APP_ENV = 'KF_CLUSTER_APP';

/** An app as the launcher sees it. */
interface LaunchApp {
  readonly name: string;
  readonly launch: Launch;
}

/**
 * Starts one supervisor process for each app and waits for all of them. node:cluster is one per process, so a process
 * each is what several apps need; and one that fails leaves the others alone.
 *
 * @param args the command line each supervisor's process is started with
 * @returns the exit code: 0 when every app ended with 0, else that of the first one that did not
 */
export async function launch(
  apps: readonly LaunchApp[],
  args: readonly string[],
  streams: OwnStreams,
): Promise<number> {
  const width = Math.max(...apps.map(({ name }) => name.length));
  const processes = apps.map((app) => start(app, args, apps.length > 1 ? `${app.name.padEnd(width)} | ` : '', streams));
  const unlisten = forward(processes);
  void reportStarted(apps, processes);
  const codes = await Promise.all(
    processes.map(async ({ ended }, i) => {
      const code = await ended;
      if (code !== 0 && apps.length > 1)
        eventLog(streams.log, 'app-ended', { app: apps[i]!.name, code }).error(
          `app ${apps[i]!.name} has ended with code ${code}`,
        );
      return code;
    }),
  );
  unlisten();
  return codes.find((code) => code !== 0) ?? 0;
}

interface Started {
  readonly process: ChildProcess;
  readonly output: AppOutput;
  readonly ended: Promise<number>;
  /** Undefined when it is ready, its exit code when it has ended before. */
  readonly settled: Promise<number | undefined>;
}

function start({ name, launch }: LaunchApp, args: readonly string[], prefix: string, streams: OwnStreams): Started {
  const output = openAppOutput(name, launch, prefix, streams);
  const child = spawn(launch.node ?? process.execPath, args, {
    env: { ...process.env, [APP_ENV]: name },
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    // Ctrl-C is for this process, which passes it on: it would reach the supervisors twice.
    detached: true,
    ...(launch.uid !== undefined && { uid: launch.uid }),
    ...(launch.gid !== undefined && { gid: launch.gid }),
  });
  const stdout = new KeptStdout();
  child.stdout!.on('data', (chunk: Buffer) => stdout.write(chunk));
  serveStdout(child, stdout);
  output.follow(child.stdout!, 'out');
  output.follow(child.stderr!, 'err');
  reopenWhenAsked(child, output.reopen);
  const ended = endOf(child, name, launch, output, streams);
  const ready = new Promise<undefined>((resolve) => {
    child.on('message', (message) => void (message === 'ready' && resolve(undefined)));
  });
  return { process: child, output, ended, settled: Promise.race([ready, ended]) };
}

async function endOf(
  child: ChildProcess,
  name: string,
  launch: Launch,
  output: AppOutput,
  { log }: OwnStreams,
): Promise<number> {
  const { pidFile } = launch;
  const written = pidFile !== undefined && child.pid !== undefined && writePid(pidFile, child.pid, launch, log);
  const code = await new Promise<number>((resolve) => {
    child.once('close', (status) => resolve(status ?? 1));
    child.once('error', (error) => {
      log.error(`app ${name} could not be started: ${error.message}`);
      if (child.pid === undefined) resolve(1);
    });
  });
  if (written) attempt(() => removeOwn(pidFile, launch), pidFile, log);
  output.close();
  return code;
}

function writePid(file: string, pid: number, launch: Launch, log: Log): boolean {
  const done = attempt(
    () => {
      const fd = openOwn(file, 'replace', launch);
      writeSync(fd, `${pid}\n`);
      closeSync(fd);
      return true;
    },
    file,
    log,
  );
  return done ?? false;
}

/** Signals, as they would be for one supervisor that runs alone, and pm2's `shutdown` message, which is a SIGTERM to those who are not pm2. */
function forward(processes: readonly Started[]): () => void {
  const children = processes.map(({ process }) => process);
  const judgeHangup = watchTerminal();
  const pass = (signal: NodeJS.Signals) => {
    for (const child of children) child.kill(signal);
  };
  const onMessage = (message: unknown) => {
    if (message === 'shutdown') pass('SIGTERM');
  };
  const onHangup = () => {
    const hangup = judgeHangup();
    if (hangup !== 'closed-unused') pass(hangup === 'closed' ? 'SIGTERM' : 'SIGHUP');
  };
  const onReopen = () => {
    for (const { output } of processes) output.reopen();
    pass('SIGUSR2');
  };
  const untrap = trap({
    SIGTERM: () => pass('SIGTERM'),
    SIGINT: () => pass('SIGINT'),
    SIGQUIT: () => pass('SIGQUIT'),
    SIGHUP: onHangup,
    SIGTTIN: () => pass('SIGTTIN'),
    SIGTTOU: () => pass('SIGTTOU'),
    SIGUSR2: onReopen,
  });
  process.on('message', onMessage);
  return () => {
    untrap();
    process.off('message', onMessage);
    process.channel?.unref();
  };
}

/** For whoever started us with a channel, as `start --daemon` and pm2 with `wait_ready` do. */
async function reportStarted(apps: readonly LaunchApp[], processes: readonly Started[]): Promise<void> {
  if (!process.send) return;
  const codes = await Promise.all(processes.map(({ settled }) => settled));
  // A job may have been ready and have ended while others were still starting.
  const outcome = apps.map(({ name }, i) => {
    const one = processes[i]?.process;
    return { name, pid: one?.pid, code: codes[i] ?? exitCodeOf(one) };
  });
  if (process.connected) announceLaunched(outcome);
  if (process.connected && codes.every((code) => code === undefined)) process.send('ready');
}

function exitCodeOf(one: ChildProcess | undefined): number | undefined {
  return one?.exitCode ?? (one?.signalCode ? 1 : undefined);
}
