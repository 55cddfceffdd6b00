import type { Pm2Field } from './field.js';

/** From readiness over restarts to the stop. */
export const LIFE_FIELDS = [
  {
    name: 'wait_ready',
    types: ['boolean'],
    treatment: 'honoured',
    ours: '--ready message',
    doc: "A worker is ready when the app calls process.send('ready'), else when it listens.",
    take: (value: boolean, { options }) => {
      options.ready = value ? 'message' : 'listening';
    },
  },
  {
    name: 'listen_timeout',
    types: ['number'],
    treatment: 'mapped',
    ours: '--boot-timeout',
    doc: 'pm2 takes a worker that is not ready by then for ready; here it is killed as a failed boot.',
    take: (value: number, { options }) => {
      options.bootTimeout = value;
    },
  },
  {
    name: 'kill_timeout',
    types: ['number'],
    treatment: 'mapped',
    ours: '--drain-timeout + --flush-timeout',
    doc: 'A quarter of it, 5 s at most, is for the last spans, the rest for requests. Unset: 25 s + 5 s, not 1.6 s.',
    take: (value: number, { options }) => {
      const flush = Math.min(5_000, Math.floor(value / 4));
      options.flushTimeout = flush;
      options.drainTimeout = value - flush;
    },
  },
  {
    name: 'kill_retry_time',
    types: ['number'],
    treatment: 'refused',
    ours: '',
    doc: 'pm2 asks at this interval whether a process is gone; here the exit is an event. Remove it.',
    harmless: [100],
  },
  {
    name: 'treekill',
    types: ['boolean'],
    treatment: 'refused',
    ours: '',
    doc: "Only workers are signalled; their own processes are the app's to end. Say false, or remove it.",
    harmless: [false],
  },
  {
    name: 'shutdown_with_message',
    types: ['boolean'],
    treatment: 'refused',
    ours: '',
    doc: "Not yet: a worker runs the app's SIGTERM or SIGINT handlers at its stop. Handle SIGTERM, or remove it.",
    harmless: [false],
  },
  {
    name: 'autorestart',
    types: ['boolean'],
    treatment: 'refused',
    ours: '',
    doc: 'false is not possible yet: a worker that ends is replaced, under --max-restarts. Remove it.',
    harmless: [true],
  },
  {
    name: 'stop_exit_codes',
    types: ['array', 'number'],
    treatment: 'refused',
    ours: '',
    doc: 'Not possible yet: a worker that ends is replaced, under --max-restarts. Remove it.',
  },
  {
    name: 'min_uptime',
    types: ['number', 'string'],
    treatment: 'honoured',
    ours: '--min-uptime',
    doc: 'Milliseconds, or `10s`, `5m`, `1h`.',
    take: (value: number | string, { options }) => {
      options.minUptime = value;
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
    doc: 'The longest wait; the first restart is immediate, and each wait is drawn at random below it.',
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
    treatment: 'refused',
    ours: '',
    doc: 'Not yet. In development `node --watch` does it; SIGHUP reloads.',
    harmless: [false],
  },
  {
    name: 'ignore_watch',
    types: ['array', 'string'],
    treatment: 'honoured',
    ours: 'nothing to do',
    doc: 'Says something only beside `watch`.',
  },
  {
    name: 'watch_delay',
    types: ['number'],
    treatment: 'honoured',
    ours: 'nothing to do',
    doc: 'Says something only beside `watch`.',
  },
  {
    name: 'watch_options',
    types: ['object'],
    treatment: 'honoured',
    ours: 'nothing to do',
    doc: 'Says something only beside `watch`.',
  },
] as const satisfies readonly Pm2Field[];
