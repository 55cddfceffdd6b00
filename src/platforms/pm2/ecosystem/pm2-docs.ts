import { PM2_START_FLAGS } from '../pm2-flags.js';
import { PM2_VERBS } from '../verbs.js';
import { ENV_FIELD, PM2_TABLE } from './field-table.js';

/** docs/PM2.md: the table of fields from the code, and what stands around it. */
export function pm2Markdown(): string {
  const rows = PM2_TABLE.map(({ name, aliases = [], treatment, ours, doc }) => {
    const names = [name === ENV_FIELD ? 'env_*' : name, ...aliases].map((one) => `\`${one}\``).join(', ');
    return `| ${names} | ${treatment} | ${ours.replaceAll('|', '\\|') || '-'} | ${doc.replaceAll('|', '\\|')} |`;
  });
  return `${[...BEFORE, '| field | treatment | becomes | note |', '| --- | --- | --- | --- |', ...rows, ...AFTER, '| pm2 | kf-cluster | |', '| --- | --- | --- |', ...wordsOf(), ...LAST].join('\n')}\n`;
}

const BEFORE = [
  '# pm2',
  '',
  '<!-- Generated from the tables of fields, commands and flags by `npm run docs`. Do not edit. -->',
  '',
  'Three ways to use pm2 and kf-cluster together. Each is tested against the daemon of pm2 7.',
  '',
  '## 1. kf-cluster runs an ecosystem file',
  '',
  '```sh',
  'kf-cluster config ecosystem.config.js                 # what each field becomes; starts nothing',
  'kf-cluster start ecosystem.config.js --only api,web --env production',
  'kf-cluster start ecosystem.config.js --daemon         # in the background; returns when each app is ready or has failed',
  'kf-cluster start-or-reload ecosystem.config.js        # reloads what runs, starts the rest in the background',
  'kf-cluster reload ecosystem.config.js --only web      # also restart and stop; or all, or names',
  '```',
  '',
  'Files are those that pm2 knows by their ending: `.config.js`, `.config.cjs`, `.config.mjs`, `.json`, `.json5`, `.yml`,',
  '`.yaml`, and `.config.ts`, `.cts`, `.mts` where Node reads TypeScript. They hold `apps`, an array, one object, or export a function that returns one of these. Every app that is asked for is checked',
  'before one is started: one that is refused starts none, where pm2 starts the others, and `--only` names the others. Each gets a supervisor in a process of its own: one that fails leaves the others alone, and its code is the exit',
  'code. Signals to the starting process reach each supervisor once; SIGHUP reads the file again and reloads. Each supervisor',
  'is addressed by the name of its app in `status`, `reload`, `scale`, `logs` and `stop`.',
  '',
  'Our own options stand beside those of pm2, with the keys of [CONFIGURATION](CONFIGURATION.md):',
  '',
  '```js',
  "export const apps = [{ name: 'api', script: 'api.js', instances: 'max', kf: { hooks: './hooks.mjs', drainTimeout: '20s' } }];",
  '```',
  '',
  'A flag or a KF_CLUSTER_* variable wins over the file. Variables in `env` win over those of the caller, as under pm2, and',
  'OTEL_* among them are there before the provider is built.',
  '',
];

const AFTER = [
  '',
  'An ignored field and an unknown one are warned of, and the start goes on; with `--strict` each is an error. A field whose',
  'value asks for nothing, such as `vizion: false`, is neither.',
  '',
  '`--daemon` prints a line for each app. Its exit code is 0 when every app is ready, else that of the first app that failed,',
  'with what that has written; the others run on. Output goes to the files of the app, else to',
  '`~/.local/state/kf-cluster/NAME.log`, which becomes `NAME.log.1` at 50 MB.',
  '',
  '### Other languages',
  '',
  'A script that ends in `.sh`, `.py`, `.rb`, `.php`, `.pl`, `.coffee` or `.ls`, a binary, and whatever names an `interpreter`',
  'that is not Node (`python3`, `bun`, `none`) is run as a process, `instances` times: with its variables, arguments, log',
  'files, restarts, `watch`, `cron_restart` and stop, and without cluster and telemetry. A worker of Node (40 MB) stands beside',
  'each. A stop is SIGINT to its process group, as under pm2, SIGTERM after a second, SIGKILL when the time for the drain is',
  'over. An interpreter that is not there is refused before the start. A `.ts` script is run by Node, which can from 22.18 on;',
  'else `interpreter: "tsx"`.',
  '',
  '## 2. pm2 runs kf-cluster',
  '',
  '[ecosystem.example.js](../ecosystem.example.js): fork mode, one process, `wait_ready`, and a `kill_timeout` above drain +',
  "flush + 3 s. pm2's SIGINT to the tree or to the supervisor alone, and its `shutdown` message, are one orderly stop.",
  '',
  '- `pm2 reload` of a fork-mode app is a restart. Without a gap: `kf-cluster reload web`, or',
  '  `pm2 sendSignal SIGHUP web`.',
  '- `pm2 restart` answers every request that was accepted and loses no span; between stop and start, new connections are',
  '  refused, or reset when they were still in the queue of the kernel.',
  '- A SIGKILL at `kill_timeout` costs requests in flight. Of the spans that had ended, none with `--delivery journal`: the',
  '  next start sends them.',
  "- When pm2's own daemon dies (`kill -9`, out of memory), pm2 leaves its apps behind, and kf-cluster serves on; its output",
  '  goes nowhere. `pm2 resurrect` or `pm2 start` then ends with NAME_IN_USE (73) instead of running a second cluster beside',
  '  it. To hand over: `kf-cluster stop web`, then `pm2 restart web`; with',
  '  `exp_backoff_restart_delay`, as in the example, pm2 tries until it can.',
  '',
  "## 3. Our hooks in pm2's own cluster mode",
  '',
  '```js',
  '// ecosystem.config.mjs',
  'export const apps = [{',
  "  name: 'web', script: 'web.js', exec_mode: 'cluster', instances: 4, wait_ready: true, kill_timeout: 30_000,",
  "  node_args: ['--import', import.meta.resolve('kf-cluster/pm2')],",
  '}];',
  '',
  '// ecosystem.config.cjs',
  "  node_args: ['--require', require.resolve('kf-cluster/pm2')],",
  '```',
  '',
  'The app does not change. Each worker of pm2 gets postFork, telemetry before the first line of the app, drain, preShutdown',
  'and flush, with the same hooks, config file and variables as under kf-cluster. Three quarters of `kill_timeout` are for the',
  'drain and a quarter, 5 s at most, for the flush, unless options say otherwise. `ready` is sent when the app listens, if',
  "`wait_ready` is set; with `KF_CLUSTER_READY=message` that is left to the app. pm2's variables, which it sets only after",
  'all preloads, are read from its own block before that.',
  '',
  '- Both forms are for CommonJS apps and ES modules, on every Node that kf-cluster runs on. `--require` cannot wait for',
  "  postFork, so it holds pm2's wrapper back, which loads the app, until the hooks have run.",
  '- Resolve the path in the file, as above: Node looks for a bare `kf-cluster/pm2` from the directory where the daemon of',
  '  pm2 was started, which may be that of another project.',
  '- Off here, because they need a primary of ours: the hang watchdog (it reports to our primary, which kills the worker and lets',
  '  another one in; pm2 would hear nothing), recycling (the successor has to be ready before the worker goes; pm2 has',
  '  `max_memory_restart` and `cron_restart`, which stop first), canary and rollback (`pm2 reload` goes on when a new worker',
  '  fails), and the options of restarts, reload and control. pm2 takes care of those in its own way.',
  '',
  'Ten `pm2 reload`s under eight keep-alive clients, an app that handles no signal (`npm run bench:pm2`, two busy cores): with',
  'the preload 0 of 9,366 requests failed and 18,732 of 18,732 spans arrived, each once; without it 104 of 5,443 failed.',
  '',
  '## Commands side by side',
  '',
  "pm2's spelling is taken where ours does the same:",
  '',
  '| pm2 | kf-cluster | what differs |',
  '| --- | --- | --- |',
  '| `pm2 start app.js -i 4` | `kf-cluster start app.js -i 4` | in the foreground; `--daemon` for the background |',
  '| `pm2 start ecosystem.config.js --env production` | the same | an unknown `--env` is an error |',
  '| `pm2 reload app`, `all`, a file | the same | one canary first; a generation that does not become ready changes nothing, exit code 1 |',
  '| `pm2 restart app`, `all`, a file | the same | worker by worker, without a gap |',
  '| `pm2 startOrReload file` | the same | |',
  '| `pm2 scale app 6` | the same | a reload keeps it |',
  '| `pm2 stop app`, `all`, a file | the same | the supervisor ends too; there is no list of stopped apps |',
  '| `pm2 list`, `ls`, `ps` | the same | one line a supervisor: status, restarts, uptime, cpu, memory |',
  '| `pm2 logs app --lines 50` | `kf-cluster logs app --lines 50 -f` | `-f` follows; without a name those of all apps; `--out`, `--err` |',
  '',
];

/** pm2's commands and flags under other names. */
const wordsOf = (): string[] => [
  ...Object.entries(PM2_VERBS).map(([name, verb]) =>
    'is' in verb
      ? row(`pm2 ${name}`, `\`kf-cluster ${verb.is.join(' ')}\``, '')
      : row(`pm2 ${name}`, '-', `${verb.why}: ${verb.fix}`),
  ),
  '',
  'Flags of `pm2 start`, a number without a unit in milliseconds:',
  '',
  '| pm2 | kf-cluster | |',
  '| --- | --- | --- |',
  ...Object.entries(PM2_START_FLAGS).map(([name, flag]) => {
    const dashed = name.length === 1 ? `-${name}` : `--${name}`;
    if ('why' in flag) return row(dashed, '-', `${flag.why}: ${flag.fix}`);
    const sample = flag.as(SAMPLES[name] ?? '1000', []);
    const ours = sample?.length ? `\`${sample.join(' ')}\`` : 'nothing to do';
    return row(flag.takes !== 'nothing' ? `${dashed} ${SAMPLES[name] ?? '1000'}` : dashed, ours, '');
  }),
  '',
];

/** Values that show what becomes of them. */
const SAMPLES: Readonly<Record<string, string>> = {
  i: '4',
  instances: 'max',
  'max-memory-restart': '300M',
  'ignore-watch': 'logs',
  cron: '0 4 * * *',
  c: '0 4 * * *',
  'stop-exit-codes': '0',
  'interpreter-args': '--no-warnings',
  l: 'app.log',
  log: 'app.log',
  p: 'app.pid',
  pid: 'app.pid',
};

function row(...cells: string[]): string {
  const [first, ...rest] = cells;
  return `| \`${first}\` | ${rest.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
}

const LAST = [
  '## Moving over',
  '',
  '```sh',
  'kf-cluster init pm2 app.js -w 4                     # ecosystem.config.cjs: pm2 runs kf-cluster with these flags',
  'kf-cluster init systemd app.js -w 4                 # NAME.service, in place of pm2 startup and pm2 save',
  "kf-cluster init config --from ecosystem.config.js   # kf-cluster.config.mjs from pm2's fields",
  '```',
];
