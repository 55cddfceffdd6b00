// kf-cluster under pm2: pm2 keeps the one supervisor alive over crashes and boots of the machine, kf-cluster does the
// rest: workers, reloads without a lost request, telemetry. Copy it to ecosystem.config.js (pm2 knows a configuration by
// `.config.js` in its name), then `pm2 start ecosystem.config.js`.
// `export` works in a CommonJS project too: pm2 loads it by require(), which takes ES modules from Node 20.19 on.

/** Seconds; the same numbers as kf-cluster's own defaults, written out because kill_timeout depends on them. */
const DRAIN = 25;
const FLUSH = 5;
const MARGIN = 3;

export const apps = [
  {
    name: 'dice',
    cwd: import.meta.dirname,
    script: 'dist/bundle/bin.cjs', // in your project: node_modules/.bin/kf-cluster
    args: `start examples/dice/app.js -w 4 --drain-timeout ${DRAIN}s --flush-timeout ${FLUSH}s`,

    // One supervisor in fork mode. pm2's own cluster mode would run several primaries, each with its own workers.
    exec_mode: 'fork',
    instances: 1,
    // interpreter: '/path/to/node',  // default: the node that runs pm2; workers run on the same one.
    // node_args belongs to the supervisor; the workers' node arguments are --node-args in `args`.

    // Online when all workers are ready, not when the process exists; the supervisor sends `ready`.
    wait_ready: true,
    listen_timeout: 40_000, // above --boot-timeout (30s)
    // From pm2's SIGINT to its SIGKILL, milliseconds. Shorter, and requests in flight and the last spans are lost.
    kill_timeout: (DRAIN + FLUSH + MARGIN) * 1000,
    // kf-cluster restarts workers by itself. A wrong command line or configuration does not heal by starting it again; a
    // crash loop (70) may, when what the app waits for has come back.
    stop_exit_codes: [2, 78],
    exp_backoff_restart_delay: 1000,

    env: {
      PORT: '8080',
      OTEL_SERVICE_NAME: 'dice',
      OTEL_EXPORTER_OTLP_ENDPOINT: 'http://localhost:4317',
      OTEL_EXPORTER_OTLP_PROTOCOL: 'grpc',
      // No key here: pm2 stores this block in its dump file. Name a file: --exporter-otlp-headers-file
    },
  },
];

// Not for your copy. `pm2 start ecosystem.example.js` makes pm2 run this very file as a script, with its own defaults:
// then it is the supervisor itself, within pm2's kill_timeout of 1.6 s.
if (process.env.pm_exec_path === import.meta.filename) {
  const [app] = apps;
  for (const [name, value] of Object.entries(app.env)) process.env[name] ??= value;
  process.chdir(app.cwd);
  process.argv.splice(2, Number.POSITIVE_INFINITY, ...'start examples/dice/app.js -w 4'.split(' '));
  process.argv.push('--drain-timeout', '500ms', '--flush-timeout', '500ms');
  import('./dist/bundle/bin.cjs'); // no await: require() refuses modules that have one at their top
}
