import { basename, extname } from 'node:path';
import type { Pm2App } from '../platforms/pm2/ecosystem/read-ecosystem.js';

/** An ecosystem file by which pm2 runs kf-cluster. */
export function ecosystemText(script: string): string {
  const name = basename(script, extname(script));
  return `// pm2 keeps one supervisor alive; kf-cluster does the rest. See docs/PM2.md of kf-cluster.
const DRAIN = 25; // seconds, kf-cluster's own defaults
const FLUSH = 5;

module.exports.apps = [
  {
    name: ${JSON.stringify(name)},
    cwd: __dirname,
    script: 'node_modules/.bin/kf-cluster',
    args: \`start ${script} --drain-timeout \${DRAIN}s --flush-timeout \${FLUSH}s\`,
    exec_mode: 'fork', // one supervisor; it has the workers
    instances: 1,
    wait_ready: true, // online when all workers are ready
    listen_timeout: 40_000,
    kill_timeout: (DRAIN + FLUSH + 2) * 1000, // shorter, and the last requests and spans are lost
    stop_exit_codes: [2, 70, 78], // misconfigured, or given up after a crash loop
    env: { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://localhost:4317' },
  },
];
`;
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
