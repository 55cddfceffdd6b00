import { wholeStop } from '../contract/whole-stop.js';
import type { Pm2App } from '../platforms/pm2/ecosystem/read-ecosystem.js';
import { commandLine, type Started } from './started-by.js';

/** An ecosystem file by which pm2 runs kf-cluster. */
export function ecosystemText(started: Started): string {
  const { name } = started;
  return `// pm2 keeps one supervisor alive; kf-cluster does the rest. See docs/PM2.md of kf-cluster.
module.exports.apps = [
  {
    name: ${JSON.stringify(name)},
    cwd: __dirname,
    script: 'node_modules/.bin/kf-cluster',
    args: ${JSON.stringify(saidCommand(started))},
    exec_mode: 'fork', // one supervisor; it has the workers
    instances: 1,
    wait_ready: true, // online when all workers are ready
    listen_timeout: 40_000,
    kill_timeout: ${wholeStop(started)}, // drain delay, drain, flush and 3 s; shorter, and the last requests and spans are lost
    stop_exit_codes: [2, 70, 78], // misconfigured, or given up after a crash loop
    env: { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://localhost:4317' },
  },
];
`;
}

/** The name and the deadlines are said in any case. */
function saidCommand(started: Started): string[] {
  const { name, drainMs, flushMs } = started;
  const deadlines = ['--drain-timeout', `${drainMs}ms`, '--flush-timeout', `${flushMs}ms`];
  return commandLine(started, '--name', name, ...deadlines);
}

/** Where a unit runs, and as whom; each absolute but the user. */
interface UnitFacts {
  /** The name of its file without the ending. */
  readonly unit: string;
  readonly cwd: string;
  readonly node: string;
  readonly bin: string;
  readonly user: string;
}

/** A unit of systemd. */
export function systemdText(started: Started, { unit, cwd, node, bin, user }: UnitFacts): string {
  const { name } = started;
  const command = [node, bin, ...saidCommand(started)].map(unitWord).join(' ');
  return `# systemctl enable --now ${unit}; systemctl reload ${unit} replaces all workers without losing a request.
# As ${user}: XDG_RUNTIME_DIR=/run/${unit} kf-cluster status
[Unit]
Description=${percent(name)} under kf-cluster
After=network-online.target
Wants=network-online.target

[Service]
User=${user}
WorkingDirectory=${percent(cwd)}
ExecStart=${command}
ExecReload=/bin/kill -HUP $MAINPID
Environment=OTEL_EXPORTER_OTLP_ENDPOINT=http://localhost:4317
# The signal goes to the supervisor alone; it stops its workers.
KillMode=mixed
TimeoutStopSec=${Math.ceil(wholeStop(started) / 1_000)}
Restart=on-failure
# Misconfigured, the name is taken, or given up after a crash loop.
RestartPreventExitStatus=2 70 73 78
# The control socket and the spool.
RuntimeDirectory=${unit}
RuntimeDirectoryMode=0700
StateDirectory=${unit}
Environment=XDG_RUNTIME_DIR=%t/${unit} XDG_STATE_HOME=%S/${unit}

[Install]
WantedBy=multi-user.target
`;
}

/** To systemd a per cent sign begins a specifier. */
function percent(text: string): string {
  return text.replaceAll('%', '%%');
}

/** One word of ExecStart. */
function unitWord(word: string): string {
  const text = percent(word).replaceAll('$', '$$$$');
  return /[\s"'\\;]/.test(text) ? JSON.stringify(text) : text;
}

/** A config file of ours with what an app of pm2 says. What the launcher does for it stands in a comment. */
export function ownConfigText(app: Pm2App, environment: Readonly<Record<string, string | undefined>>): string {
  const added = Object.entries(app.env).filter(([name, value]) => environment[name] !== value);
  const options = Object.entries(app.options).map(([key, value]) => `  ${key}: ${JSON.stringify(value)},`);
  const env = added.map(([name, value]) => `    ${JSON.stringify(name)}: ${JSON.stringify(value)},`);
  const lost = app.mapping.filter(({ field }) => LAUNCHER.has(field)).map(({ field }) => field);
  return [
    `// From the app ${app.name} of an ecosystem file of pm2.`,
    ...(lost.length > 0 ? [`// Only \`kf-cluster start\` with that file does these: ${lost.join(', ')}.`] : []),
    'export default {',
    ...options,
    ...(env.length > 0 ? ['  env: {', ...env, '  },'] : []),
    '};',
    '',
  ].join('\n');
}

const LAUNCHER = new Set(
  (
    'out_file out output out_log error_file error err err_file err_log log_file log pid_file pid log_date_format time ' +
    'log_type disable_logs uid user gid interpreter exec_interpreter instance_var increment_var filter_env autostart'
  ).split(' '),
);
