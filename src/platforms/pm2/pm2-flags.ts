import { KfError } from '../../contract/errors.js';
import { bootTimeout, killTimeouts, workersOf } from './pm2-values.js';

/** What becomes of a flag of pm2 that is none of ours by that name. */
export type Pm2Flag =
  /**
   * Ours does the same: made of its value, which is absent for a switch, and of the words beside it. Undefined: the value
   * is no such thing.
   */
  | {
      readonly takes: 'value' | 'numbers' | 'nothing';
      readonly as: (value: string, words: readonly string[]) => readonly string[] | undefined;
    }
  /** Ours does not, or not in the same way: why, and what to type. */
  | { readonly why: string; readonly fix: string };

const NOTHING: Pm2Flag = { takes: 'nothing', as: () => [] };
const AGENT = {
  why: "it is part of pm2's own agent",
  fix: 'Leave it out; telemetry here is OpenTelemetry: docs/TELEMETRY.md',
};
const FILE_ONLY = (field: string) => ({
  why: 'it is for an ecosystem file here',
  fix: `Write ${field} into one: kf-cluster start ecosystem.config.js`,
});

const OF_STARTUP = { why: 'it is for pm2 startup', fix: 'kf-cluster init systemd app.js writes the unit' };
const OF_IMAGES = { why: 'a start builds no image', fix: 'kf-cluster init docker app.js writes a Dockerfile' };
const ACCOUNT = { why: 'the supervisor changes with its workers', fix: '--user NAME --group NAME' };
const WATCHING = {
  why: 'whether files are watched is said at the start',
  fix: 'kf-cluster stop APP; kf-cluster start app.js --watch',
};
const NUMBER = { why: 'this keeps the number of workers', fix: 'kf-cluster scale APP N' };

/** Of every command. */
const EVERYWHERE: Readonly<Record<string, Pm2Flag>> = {
  m: NOTHING,
  'mini-list': NOTHING,
  'no-color': { why: 'a variable turns colours off', fix: 'NO_COLOR=1 kf-cluster ...' },
  sort: { why: 'a list is in the order of names', fix: "kf-cluster list --json | jq 'sort_by(.cpu)'" },
};

/** Of commands that print what they have done, and nothing else. */
const RESULT_ONLY: Readonly<Record<string, Pm2Flag>> = { ...EVERYWHERE, s: NOTHING, silent: NOTHING };

/** Of `start`. A number without a unit is milliseconds, as it is to pm2. docs/PM2.md is made from it. */
export const PM2_START_FLAGS: Readonly<Record<string, Pm2Flag>> = {
  ...EVERYWHERE,
  s: { takes: 'nothing', as: () => ['--log-level=warn'] },
  silent: { takes: 'nothing', as: () => ['--log-level=warn'] },
  i: { takes: 'value', as: instances },
  instances: { takes: 'value', as: instances },
  'max-memory-restart': { takes: 'value', as: (value) => [`--max-memory=${value}`] },
  'wait-ready': { takes: 'nothing', as: () => ['--ready=message'] },
  k: { takes: 'value', as: killTimeout },
  'kill-timeout': { takes: 'value', as: killTimeout },
  'listen-timeout': { takes: 'value', as: listenTimeout },
  'no-autorestart': { takes: 'nothing', as: () => ['--restart=never'] },
  'restart-delay': { takes: 'value', as: (value) => milliseconds(value, (ms) => [`--backoff=${ms}ms..${ms}ms`]) },
  'exp-backoff-restart-delay': {
    takes: 'value',
    as: (value) => milliseconds(value, (ms) => [`--backoff=${ms}ms..${Math.max(ms, 15_000)}ms`]),
  },
  'shutdown-with-message': { takes: 'nothing', as: () => ['--shutdown-message'] },
  'ignore-watch': { takes: 'value', as: (value) => [`--watch-ignore=${value.trim().split(/\s+/).join(',')}`] },
  'stop-exit-codes': { takes: 'numbers', as: (value) => [`--stop-exit-codes=${value}`] },
  c: { takes: 'value', as: cronOrConfig },
  cron: { takes: 'value', as: (value) => [`--cron-restart=${value}`] },
  'interpreter-args': { takes: 'value', as: (value) => [`--node-args=${value}`] },
  'source-map-support': { takes: 'nothing', as: () => ['--node-args=--enable-source-maps'] },
  l: { takes: 'value', as: (value) => [`--log-file=${value}`] },
  log: { takes: 'value', as: (value) => [`--log-file=${value}`] },
  time: { takes: 'nothing', as: () => ['--log-time=always'] },
  'disable-logs': { takes: 'nothing', as: () => ['--log-file=/dev/null'] },
  p: { takes: 'value', as: pidfile },
  pid: { takes: 'value', as: pidfile },
  f: NOTHING,
  force: NOTHING,
  'merge-logs': NOTHING,
  'no-vizion': NOTHING,
  'no-pmx': NOTHING,
  'no-automation': NOTHING,
  'no-treekill': NOTHING,
  'disable-trace': NOTHING,
  'disable-source-map-support': NOTHING,
  o: FILE_ONLY('out_file'),
  output: FILE_ONLY('out_file'),
  e: FILE_ONLY('error_file'),
  error: FILE_ONLY('error_file'),
  'log-type': FILE_ONLY('log_type'),
  'log-date-format': FILE_ONLY('log_date_format'),
  'filter-env': FILE_ONLY('filter_env'),
  'no-autostart': FILE_ONLY('autostart'),
  interpreter: FILE_ONLY('interpreter'),
  namespace: {
    why: 'groups of apps are an attribute of their spans',
    fix: 'OTEL_RESOURCE_ATTRIBUTES=service.namespace=NAME',
  },
  'update-env': { why: 'a start always has the variables of its caller', fix: 'Leave it out.' },
  a: { why: 'a start always has the variables of its caller', fix: 'Leave it out.' },
  attach: {
    why: 'a start is in the foreground, unless it is given --daemon',
    fix: 'Leave it out, or: kf-cluster logs -f APP',
  },
  parallel: { why: 'a reload decides how many workers start at once', fix: '--max-surge N' },
  ext: { why: 'a change of any file that is watched counts', fix: '--watch-path src --watch-ignore "*.md"' },
  'execute-command': { why: 'a script is run as what it is', fix: 'Leave it out; other languages: an ecosystem file.' },
  x: { why: 'a script is run as what it is', fix: 'Leave it out; other languages: an ecosystem file.' },
  uid: ACCOUNT,
  gid: ACCOUNT,
  hp: OF_STARTUP,
  'wait-ip': OF_STARTUP,
  container: OF_IMAGES,
  dist: OF_IMAGES,
  'image-name': OF_IMAGES,
  'node-version': OF_IMAGES,
  dockerdaemon: OF_IMAGES,
  fresh: OF_IMAGES,
  trace: AGENT,
  v8: AGENT,
  'event-loop-inspector': AGENT,
  'deep-monitoring': AGENT,
};

/** Of `logs`. */
export const PM2_LOGS_FLAGS: Readonly<Record<string, Pm2Flag>> = {
  ...EVERYWHERE,
  nostream: NOTHING,
  raw: NOTHING,
  timestamp: { why: 'each line has its time already', fix: 'Leave it out.' },
  format: { why: 'there are plain lines and JSON', fix: 'kf-cluster logs --json APP' },
  highlight: { why: 'that is the business of grep', fix: 'kf-cluster logs -f APP | grep --color -E "WORD|$"' },
};

/** Of `stop` and what is one. There `--force` is ours: it does not drain. */
export const PM2_STOP_FLAGS: Readonly<Record<string, Pm2Flag>> = { ...RESULT_ONLY, watch: WATCHING };

/** Of lists. */
export const PM2_LIST_FLAGS: Readonly<Record<string, Pm2Flag>> = RESULT_ONLY;

/** Of `reload` and `restart`. */
export const PM2_RELOAD_FLAGS: Readonly<Record<string, Pm2Flag>> = {
  ...RESULT_ONLY,
  watch: WATCHING,
  i: NUMBER,
  instances: NUMBER,
  f: NOTHING,
  force: NOTHING,
  'update-env': {
    why: "the supervisor's variables are those of its start; files are read anew at each reload",
    fix: 'Put them into --env-file or the config file, or stop and start.',
  },
  parallel: {
    why: 'the start decides how many workers of a reload start at once',
    fix: 'kf-cluster start app.js --max-surge N',
  },
};

function instances(value: string): readonly string[] | undefined {
  const workers = workersOf(value);
  return workers === undefined ? undefined : [`--workers=${workers}`];
}

/** A number is what elsewhere stands behind -p: a port. */
function pidfile(value: string): readonly string[] {
  if (!/^\d+$/.test(value)) return [`--pidfile=${value}`];
  const why = '-p names the pidfile, as it does in pm2; the app listens on what it reads';
  throw new KfError('BAD_FLAG', `-p is "${value}"`, why, { fix: `PORT=${value} kf-cluster start app.js` });
}

/** Ours is the config file, pm2's a pattern of five or six fields. */
function cronOrConfig(value: string): readonly string[] {
  return [/^\S+(\s+\S+){4,5}$/.test(value.trim()) ? `--cron-restart=${value}` : `--config=${value}`];
}

function listenTimeout(value: string, words: readonly string[]): readonly string[] | undefined {
  return milliseconds(value, (ms) => [`--boot-timeout=${bootTimeout(ms, words.includes('--wait-ready'))}ms`]);
}

function killTimeout(value: string): readonly string[] | undefined {
  return milliseconds(value, (ms) => {
    const { drain, flush } = killTimeouts(ms);
    return [`--drain-timeout=${drain}ms`, `--flush-timeout=${flush}ms`];
  });
}

function milliseconds(value: string, as: (ms: number) => readonly string[]): readonly string[] | undefined {
  return /^\d+$/.test(value) ? as(Number(value)) : undefined;
}
