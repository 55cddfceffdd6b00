/** What becomes of a command of pm2 that is none of ours by that name. */
type Verb =
  /** Ours does the same: these words stand in its place. */
  | { readonly is: readonly string[] }
  /** Ours does not, or not in the same way: why, and what to type. */
  | { readonly why: string; readonly fix: string };

const NO_LIST = {
  why: 'kf-cluster keeps no list of apps over a boot; systemd or a container starts them',
  fix: 'kf-cluster init systemd app.js writes the unit; then systemctl enable --now',
};
const NO_MODULES = {
  why: 'kf-cluster has no modules',
  fix: 'Log files are rotated by --log-max-size, metrics are at --admin-port; see docs/PM2.md',
};
const NO_DASHBOARD = {
  why: "it belongs to pm2's own dashboard",
  fix: 'kf-cluster list --watch, or OpenTelemetry: docs/TELEMETRY.md',
};
const NO_DEPLOY = {
  why: 'kf-cluster does not fetch code',
  fix: 'Put the new version in place by other means, then: kf-cluster reload',
};
const NO_STDIN = { why: 'workers have no stdin', fix: 'Send a signal: kf-cluster signal USR2 APP' };
const OTHER_JSON = {
  why: "pm2's JSON has pm2's own fields",
  fix: 'kf-cluster list --json, kf-cluster status --json APP',
};
const WRITTEN_BY_INIT = {
  why: 'kf-cluster starts a script without a file',
  fix: 'kf-cluster start app.js -w 4; kf-cluster init pm2 app.js writes an ecosystem file',
};
const PROFILE = {
  why: 'kf-cluster takes no profiles',
  fix: 'kf-cluster start app.js --node-args=--cpu-prof; kill -USR1 PID opens the inspector of a worker',
};
const SERVE = { why: 'kf-cluster serves no files', fix: 'kf-cluster start a program of Node that does' };

/** pm2's commands that are not spelt as ours. docs/PM2.md is made from it. */
export const PM2_VERBS: Readonly<Record<string, Verb>> = {
  l: { is: ['list'] },
  show: { is: ['describe'] },
  info: { is: ['describe'] },
  desc: { is: ['describe'] },
  del: { is: ['stop'] },
  delete: { is: ['stop'] },
  kill: { is: ['stop', 'all'] },
  monit: { is: ['list', '--watch'] },
  top: { is: ['list', '--watch'] },
  imonit: { is: ['list', '--watch'] },
  dash: { is: ['list', '--watch'] },
  dashboard: { is: ['list', '--watch'] },
  sendSignal: { is: ['signal'] },
  reloadLogs: { is: ['logs', '--reopen', 'all'] },
  startOrReload: { is: ['start-or-reload'] },
  startOrRestart: { is: ['start-or-reload'] },
  startOrGracefulReload: { is: ['start-or-reload'] },
  help: { is: ['--help'] },
  version: { is: ['--version'] },
  '-v': { is: ['--version'] },
  jlist: OTHER_JSON,
  prettylist: OTHER_JSON,
  slist: OTHER_JSON,
  sysinfos: OTHER_JSON,
  save: NO_LIST,
  dump: NO_LIST,
  cleardump: NO_LIST,
  resurrect: NO_LIST,
  startup: NO_LIST,
  unstartup: { why: NO_LIST.why, fix: 'systemctl disable --now APP' },
  env: { why: 'a worker keeps its variables to itself', fix: 'kf-cluster config app.js shows what it starts with' },
  flush: {
    why: 'kf-cluster empties no log file',
    fix: 'truncate -s 0 FILE; kf-cluster status APP --json names it, and --log-max-size bounds it',
  },
  reset: {
    why: 'restarts are counted from the start of the supervisor',
    fix: 'kf-cluster stop APP, and start it again',
  },
  ping: { why: 'there is no daemon beside the apps', fix: 'kf-cluster list' },
  id: { why: 'apps have names, no ids', fix: 'kf-cluster list' },
  pid: { why: 'an app has a supervisor and workers', fix: 'kf-cluster list and kf-cluster status APP show their pids' },
  update: {
    why: 'there is no daemon beside the apps',
    fix: 'kf-cluster stop APP, and start it again; see docs/UPGRADE.md',
  },
  updatePM2: {
    why: 'there is no daemon beside the apps',
    fix: 'kf-cluster stop APP, and start it again; see docs/UPGRADE.md',
  },
  inspect: {
    why: 'the inspector is that of Node',
    fix: 'kill -USR1 PID opens it in one worker; kf-cluster status APP has the pids',
  },
  'profile:mem': PROFILE,
  'profile:cpu': PROFILE,
  report: { is: ['report'] },
  send: NO_STDIN,
  attach: { why: NO_STDIN.why, fix: 'kf-cluster logs -f APP' },
  trigger: { why: "pm2's actions come from its own agent", fix: 'kf-cluster signal USR2 APP' },
  deploy: NO_DEPLOY,
  pull: NO_DEPLOY,
  forward: NO_DEPLOY,
  backward: NO_DEPLOY,
  deepUpdate: NO_DEPLOY,
  autoinstall: NO_DEPLOY,
  create: WRITTEN_BY_INIT,
  ecosystem: WRITTEN_BY_INIT,
  examples: WRITTEN_BY_INIT,
  serve: SERVE,
  expose: SERVE,
  logrotate: {
    why: 'kf-cluster rotates its log files itself',
    fix: '--log-max-size; kf-cluster logs --reopen after a rotation by others',
  },
  'install-otel': { why: 'every worker has OpenTelemetry already', fix: 'docs/TELEMETRY.md' },
  'uninstall-otel': { why: 'OpenTelemetry is an option here', fix: 'kf-cluster start app.js --no-telemetry' },
  install: NO_MODULES,
  uninstall: NO_MODULES,
  'module:install': NO_MODULES,
  'module:uninstall': NO_MODULES,
  'module:update': NO_MODULES,
  'module:generate': NO_MODULES,
  'module:publish': NO_MODULES,
  package: NO_MODULES,
  publish: NO_MODULES,
  set: NO_MODULES,
  multiset: NO_MODULES,
  get: NO_MODULES,
  conf: NO_MODULES,
  unset: NO_MODULES,
  link: NO_DASHBOARD,
  unlink: NO_DASHBOARD,
  monitor: NO_DASHBOARD,
  unmonitor: NO_DASHBOARD,
  open: NO_DASHBOARD,
  plus: NO_DASHBOARD,
  register: NO_DASHBOARD,
  login: NO_DASHBOARD,
  logout: NO_DASHBOARD,
};
