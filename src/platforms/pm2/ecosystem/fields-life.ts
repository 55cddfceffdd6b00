import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { bootTimeout, killTimeouts } from '../pm2-values.js';
import type { Draft, Pm2Field } from './pm2-field.js';

/** From readiness over restarts to the stop. */
export const LIFE_FIELDS = [
  {
    name: 'wait_ready',
    types: ['boolean'],
    treatment: 'honoured',
    ours: '--ready message',
    doc: "A worker is ready when the app calls process.send('ready'). Without it when it listens, or in fork mode, if no PORT is set, when it has run for 3 s and has no server (--ready settled).",
    take: (value: boolean, { options }) => {
      if (value) options.ready = 'message';
    },
  },
  {
    name: 'listen_timeout',
    types: ['number'],
    treatment: 'mapped',
    ours: '--boot-timeout',
    doc: 'pm2 takes a worker that is not ready by then for ready; here it is killed as a failed boot, with `wait_ready` never before 30 s; `--listen-timeout` with `--wait-ready` likewise.',
    take: (value: number, { app, options }) => {
      options.bootTimeout = `${bootTimeout(value, app.wait_ready === true)}ms`;
    },
  },
  {
    name: 'kill_timeout',
    types: ['number'],
    treatment: 'mapped',
    ours: '--drain-timeout + --flush-timeout',
    doc: 'A quarter of it, 5 s at most, is for the last spans, the rest for requests. Unset: 20 s + 5 s, not 1.6 s.',
    take: (value: number, { options }) => {
      const { drain, flush } = killTimeouts(value);
      options.flushTimeout = `${flush}ms`;
      options.drainTimeout = `${drain}ms`;
    },
  },
  {
    name: 'kill_retry_time',
    types: ['number'],
    treatment: 'ignored',
    ours: '',
    doc: 'pm2 asks at this interval whether a process is gone; here the exit is an event.',
    harmless: [100],
  },
  {
    name: 'treekill',
    types: ['boolean'],
    treatment: 'ignored',
    ours: '',
    doc: "Only workers are signalled; their own processes are the app's to end.",
    harmless: [false],
  },
  {
    name: 'shutdown_with_message',
    types: ['boolean'],
    treatment: 'honoured',
    ours: '--shutdown-message',
    doc: "The app gets the process message 'shutdown' at its stop, and its signal handlers are not run.",
    take: (value: boolean, { options }) => {
      options.shutdownMessage = value;
    },
  },
  {
    name: 'autorestart',
    types: ['boolean'],
    treatment: 'honoured',
    ours: '--restart',
    doc: 'false: never. The supervisor ends with its last worker, unless cron_restart or watch may start one again.',
    take: (value: boolean, { options }) => {
      options.restart = value ? 'always' : 'never';
    },
  },
  {
    name: 'stop_exit_codes',
    types: ['array', 'number'],
    treatment: 'honoured',
    ours: '--stop-exit-codes',
    doc: 'A worker that ends with one of them is done. An end by a signal is none, though pm2 takes it for code 0.',
    take: (value: number | readonly (string | number)[], { options }) => {
      options.stopExitCodes = [value].flat();
    },
  },
  {
    name: 'min_uptime',
    types: ['number', 'string'],
    treatment: 'honoured',
    ours: '--min-uptime',
    doc: 'Milliseconds, or `10s`, `5m`, `1h`.',
    take: (value: number | string, { options }) => {
      options.minUptime = /^\d+$/.test(String(value)) ? `${value}ms` : value;
    },
  },
  {
    name: 'max_restarts',
    types: ['number'],
    treatment: 'mapped',
    ours: '--max-restarts',
    doc: 'pm2 counts exits before min_uptime in a row; here restarts of a slot within --restart-window (1 m).',
    take: (value: number, { options }) => {
      options.maxRestarts = value;
    },
  },
  {
    name: 'restart_delay',
    types: ['number'],
    treatment: 'mapped',
    ours: '--backoff',
    doc: 'The longest wait; the first restart is immediate, and each wait is drawn at random below it. From 10 s on, in fork mode, it is taken for the schedule of a job, which is ready at once (--ready started).',
    take: (value: number, { options }) => {
      if (value > 0) options.backoff = `${value}ms..${value}ms`;
    },
  },
  {
    name: 'exp_backoff_restart_delay',
    types: ['number'],
    treatment: 'mapped',
    ours: '--backoff',
    doc: 'Grows to 15 s as under pm2, by doubling, each wait drawn at random below that.',
    take: (value: number, { options }) => {
      if (value > 0) options.backoff = `${value}ms..${Math.max(value, 15_000)}ms`;
    },
  },
  {
    name: 'max_memory_restart',
    types: ['string', 'number'],
    treatment: 'mapped',
    ours: '--max-memory',
    doc: 'Such a worker is recycled: its successor is ready before it drains.',
    take: (value: string | number, { options }) => {
      options.maxMemory = value;
    },
  },
  {
    name: 'cron_restart',
    aliases: ['cron'],
    types: ['string', 'number'],
    treatment: 'mapped',
    ours: '--cron-restart',
    doc: 'A reload at these times, without a gap. 0 is none.',
    take: (value: string | number, { options }) => {
      if (String(value) !== '0') options.cronRestart = String(value);
    },
  },
  {
    name: 'watch',
    types: ['boolean', 'array', 'string'],
    treatment: 'mapped',
    ours: '--watch, --watch-path',
    doc: 'A reload: the new worker is ready before an old one goes, and one that fails changes nothing. Files and directories; of a pattern the directory in front of it. Patterns are for ignore_watch.',
    take: watchFiles,
  },
  {
    name: 'ignore_watch',
    types: ['array', 'string'],
    treatment: 'honoured',
    ours: '--watch-ignore',
    doc: "Beside node_modules, dotfiles and the files of the app's logs, which are always left alone.",
    take: (value: string | readonly unknown[], { options, problems }) => {
      const patterns = [value].flat();
      if (patterns.every((one): one is string => typeof one === 'string' && one !== '')) {
        if (patterns.length > 0) options.watchIgnore = patterns;
      } else
        problems.push({ field: 'ignore_watch', text: 'holds something else; expected paths or patterns as texts' });
    },
  },
  {
    name: 'watch_delay',
    types: ['number'],
    treatment: 'mapped',
    ours: '--watch-delay',
    doc: 'From the last change, not from the first.',
    take: (value: number, { options }) => {
      options.watchDelay = `${value}ms`;
    },
  },
  {
    name: 'watch_options',
    types: ['object'],
    treatment: 'ignored',
    ours: '',
    doc: 'They belong to the library by which pm2 watches. Use ignore_watch and watch_delay.',
  },
] as const satisfies readonly Pm2Field[];

function watchFiles(value: boolean | string | readonly unknown[], { cwd, options, problems, warnings }: Draft): void {
  options.watch = value !== false;
  const paths = typeof value === 'boolean' ? [] : [value].flat();
  const wrong = paths.find((one) => typeof one !== 'string' || one === '');
  if (wrong !== undefined) {
    problems.push({ field: 'watch', text: `holds ${JSON.stringify(wrong)}; expected true, files or directories` });
    return;
  }
  const plain = paths.map((path) => withoutPattern(String(path)));
  const changed = plain.findIndex((path, i) => path !== paths[i]);
  if (changed !== -1) {
    const text = `holds the pattern ${JSON.stringify(paths[changed])}: all of the directory ${plain[changed]} is watched`;
    warnings.push({ field: 'watch', text });
  }
  const there = plain.filter((path) => existsSync(resolve(cwd, path)));
  const gone = plain.filter((path) => !there.includes(path));
  if (gone.length > 0)
    warnings.push({ field: 'watch', text: `names ${gone.join(', ')}, where nothing is: it is not watched` });
  if (there.length > 0) options.watchPath = [...new Set(there)];
  else if (gone.length > 0) options.watch = false;
}

/** `src/*.js` is `src`, and a pattern that begins with a wildcard is the working directory. */
function withoutPattern(path: string): string {
  const at = path.search(/[*?{}[\]]/);
  return at === -1 ? path : path.slice(0, at).replace(/\/?[^/]*$/, '') || '.';
}
