import { loadConfig } from '../config/load-options.js';
import { type ConfigReader, createConfigReader } from '../config/reread.js';
import { peekOption } from '../config/resolve.js';
import { KfError } from '../contract/errors.js';
import { eventLog } from '../contract/log-events.js';
import { FIX } from '../platforms/pm2/ecosystem/ecosystem-file.js';
import { inputOf, type Pm2App, readEcosystem } from '../platforms/pm2/ecosystem/read-ecosystem.js';
import { openOwnStreams } from '../platforms/pm2/launcher/app-output.js';
import { APP_ENV, launch } from '../platforms/pm2/launcher/launch.js';
import { askLauncherToReopen } from '../platforms/pm2/launcher/reopen.js';
import { takeBackground } from '../platforms/pm2/launcher/starting.js';
import { createStdoutLink } from '../platforms/pm2/launcher/stdout-link.js';
import { endProcess } from '../run/end-process.js';
import { type LogOutput, openLogOutput } from '../run/log-output.js';
import { run } from '../run/run.js';
import { startInBackground, withLogFile } from './ecosystem-daemon.js';
import type { EcosystemFlags } from './ecosystem-flags.js';
import type { Invocation } from './invocation.js';

/** `kf-cluster start ecosystem.config.js`: one supervisor for each app, in a process of its own. */
export async function startEcosystem(invocation: Invocation, flags: EcosystemFlags): Promise<number> {
  const mine = process.env[APP_ENV];
  delete process.env[APP_ENV];
  if (mine !== undefined) return superviseApp(invocation, flags, mine);
  const apps = await readChecked(invocation, flags);
  const isBackground = takeBackground();
  const streams = openOwnStreams(formOf(invocation));
  const { log } = streams;
  for (const warning of apps.flatMap((app) => app.warnings)) log.warn(warning);
  for (const { name } of apps.filter((app) => app.launch.autostart === false))
    eventLog(log, 'app-not-started', { app: name }).info(`app ${name}: autostart is false`);
  const started = apps.filter((app) => app.launch.autostart !== false);
  if (started.length === 0) return 0;
  if (isBackground) return launch(started.map(withLogFile), ownCommandLine(), streams);
  return wantsDaemon(invocation) ? startInBackground(started, invocation) : launch(started, ownCommandLine(), streams);
}

/** As the flags and the environment ask for it: what stands in the file is of one app each. */
function formOf({ flags, environment, color = false }: Invocation) {
  const input = { flags, environment, base: '/' };
  return {
    format: peekOption('log-format', input)?.value ?? 'pretty',
    level: peekOption('log-level', input)?.value ?? 'info',
    color,
  } as const;
}

function ownCommandLine(): string[] {
  return [...process.execArgv, ...process.argv.slice(1)];
}

function wantsDaemon({ flags, environment }: Invocation): boolean {
  return peekOption('daemon', { flags, environment, base: '/' })?.value === true;
}

/** Everything that can be wrong with any of them is said before one is started. */
export async function readChecked(invocation: Invocation, flags: EcosystemFlags): Promise<readonly Pm2App[]> {
  const { script: file = '', cwd, environment } = invocation;
  if (invocation.args.length > 0) {
    throw new KfError('BAD_FLAG', `arguments for ${file} behind --`, 'each app has its own', {
      fix: "Use the app's args.",
    });
  }
  const apps = await readEcosystem({ file, cwd, environment, ...flags });
  for (const app of apps) await loadConfig(inputOf(app, file, invocation));
  return apps;
}

/** The process of one app. Its environment becomes what pm2 would have given the app. */
async function superviseApp(invocation: Invocation, flags: EcosystemFlags, name: string): Promise<number> {
  const { script: file = '', cwd } = invocation;
  const before = { ...process.env };
  const read = async () => {
    // The file is read with the caller's environment each time, not with what it said itself the last time.
    become(before);
    const [app] = await readEcosystem({ file, cwd, environment: before, ...flags, only: undefined, app: name });
    if (app) return app;
    throw new KfError('CONFIG_INVALID', `${file} holds no app "${name}" any more`, 'it did at the start', { fix: FIX });
  };
  const first = await read();
  const input = { ...inputOf(first, file, invocation) };
  const ours = createConfigReader(input);
  const reader: ConfigReader = {
    read: async () => {
      const now = await read();
      Object.assign(input, inputOf(now, file, invocation)); // the reader reads by this very object each time
      const result = await ours.read();
      become(now.env);
      return { ...result, config: { ...result.config, daemon: false } }; // that is the launcher's business
    },
  };
  try {
    const { config, warnings } = await reader.read();
    const output = behindLauncher(openLogOutput(config));
    for (const warning of warnings) output.log.warn(warning);
    stopWithLauncher();
    return await endProcess(await run(config, { reader, output }));
  } catch (error) {
    process.channel?.unref(); // to the launcher, who hears of it by our end
    throw error;
  }
}

/** Where stdout of the workers does not come through this process, it is the launcher that reads it. */
function behindLauncher(output: LogOutput): LogOutput {
  const stdoutElsewhere = output.pipeStdout ? undefined : createStdoutLink();
  return { ...output, stdoutElsewhere, reopenElsewhere: askLauncherToReopen };
}

/** Makes this process's environment exactly that: workers inherit it. */
function become(env: Readonly<Record<string, string | undefined>>): void {
  for (const name of Object.keys(process.env)) if (env[name] === undefined) delete process.env[name];
  Object.assign(process.env, env);
}

/** A launcher that was killed could not pass its signal on. */
function stopWithLauncher(): void {
  process.once('disconnect', () => process.kill(process.pid, 'SIGTERM'));
}
