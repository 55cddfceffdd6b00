import { basename } from 'node:path';
import { splitArgs } from '../../../config/args.js';
import { isRecord } from '../../../contract/record-guard.js';
import { textOf, valueIn } from '../../../otel-env/read-variable.js';
import { accountOf, homeOf } from '../../../system/accounts.js';
import { workersOf } from '../pm2-values.js';
import type { Draft, Pm2Field } from './pm2-field.js';

/** What is run, where, how often and with which variables. */
export const RUN_FIELDS = [
  {
    name: 'script',
    aliases: ['exec', 'cmd', 'command'],
    types: ['string'],
    treatment: 'honoured',
    readBy: 'pm2-app.ts',
    ours: 'the script',
    doc:
      'A program of Node, looked for in `cwd`; or `npm` with `args: "start"`, `npm run x`, a script of ' +
      'package.json, which come to the program behind them as with `kf-cluster start`; else a program of that name in PATH, ' +
      'such as `bash` with `args`, run as a process: see below.',
  },
  {
    name: 'name',
    types: ['string'],
    treatment: 'honoured',
    readBy: 'pm2-app.ts',
    ours: '--name, --service-name',
    doc: "Also `service.name` of the app's spans, unless a variable says otherwise. Two apps of one name are refused, for a supervisor is addressed by it; of those without a name that run one script, `worker.js`, the second is `worker-2`. pm2 starts both under one name.",
  },
  {
    name: 'name_prefix',
    types: ['string'],
    treatment: 'honoured',
    readBy: 'pm2-app.ts',
    ours: '--name',
    doc: 'Stands in front of the name.',
  },
  {
    name: 'append_env_to_name',
    types: ['boolean'],
    treatment: 'honoured',
    readBy: 'pm2-app.ts',
    ours: '--name',
    doc: 'With `--env production` the name ends in `-production`.',
  },
  {
    name: 'namespace',
    types: ['string'],
    treatment: 'mapped',
    ours: 'service.namespace',
    doc: 'pm2 addresses groups of apps by it; here it is an attribute of their spans.',
    take: (value: string, { env }) => {
      const given = textOf(env, 'OTEL_RESOURCE_ATTRIBUTES');
      if (value === 'default' || valueIn(env, 'OTEL_RESOURCE_ATTRIBUTES')?.['service.namespace'] !== undefined) return;
      const attribute = `service.namespace=${encodeURIComponent(value)}`;
      env.OTEL_RESOURCE_ATTRIBUTES = given ? `${given},${attribute}` : attribute;
    },
  },
  {
    name: 'cwd',
    types: ['string'],
    treatment: 'honoured',
    readBy: 'pm2-app.ts',
    ours: '--cwd',
    doc: 'Relative to where you call from.',
  },
  {
    name: 'args',
    types: ['array', 'string'],
    treatment: 'honoured',
    readBy: 'pm2-app.ts',
    ours: 'arguments behind --',
    doc: 'A text is split as by a shell.',
  },
  {
    name: 'instances',
    types: ['number', 'string'],
    treatment: 'honoured',
    ours: '--workers',
    doc: '0 and `max` are one for each CPU, -1 is one less than that.',
    take: (value: number | string, draft) => {
      const workers = workersOf(value);
      if (workers === undefined) {
        draft.problems.push({ field: 'instances', text: `is ${JSON.stringify(value)}; expected a number or "max"` });
      } else draft.options.workers = workers;
    },
  },
  {
    name: 'exec_mode',
    types: ['string'],
    treatment: 'honoured',
    ours: '--workers',
    doc: '`fork` is one worker, or as many as `instances` says, which share their ports. `cluster` is the default as soon as `instances` is given.',
    take: (value: string, { problems }) => {
      if (!/^(cluster|fork)(_mode)?$/.test(value)) {
        problems.push({ field: 'exec_mode', text: `is ${JSON.stringify(value)}; expected "cluster" or "fork"` });
      }
    },
  },
  {
    name: 'env',
    types: ['object', 'string'],
    treatment: 'honoured',
    readBy: 'app-environment.ts',
    ours: 'variables of the workers',
    doc: 'They win over the environment of the caller. OTEL_* are there before the provider is built.',
  },
  {
    name: '^env_\\S*$',
    types: ['object', 'string'],
    treatment: 'honoured',
    readBy: 'app-environment.ts',
    ours: 'variables of the workers',
    doc: '`--env production` adds `env_production`. A name that no app has is an error, not a warning.',
  },
  {
    name: 'filter_env',
    types: ['boolean', 'array', 'string'],
    treatment: 'honoured',
    readBy: 'app-environment.ts',
    ours: 'variables of the workers',
    doc: 'true: nothing of the caller; a text: not that variable; an array: none whose name contains one of these.',
  },
  {
    name: 'port',
    types: ['number'],
    treatment: 'honoured',
    ours: 'PORT',
    doc: 'Wins over `env.PORT`.',
    take: (value: number, { env, problems }) => {
      if (!Number.isInteger(value) || value > 65_535) {
        problems.push({ field: 'port', text: `is ${value}; expected a port from 0 to 65535` });
      }
      env.PORT = String(value);
    },
  },
  {
    name: 'instance_var',
    types: ['string'],
    treatment: 'honoured',
    ours: '--instance-var',
    doc: 'Holds the slot, 0 to n-1, in place of `NODE_APP_INSTANCE`; `none` or an empty text: no variable does.',
    take: (value: string, { options }) => {
      options.instanceVar = value || 'none';
    },
  },
  {
    name: 'increment_var',
    types: ['string'],
    treatment: 'honoured',
    ours: 'a variable of each worker',
    doc: 'Its value in `env` (or 0) plus the slot. A worker that is replaced keeps its value.',
    take: (value: string, draft) => {
      draft.incrementVar = value;
    },
  },
  {
    name: 'uid',
    aliases: ['user'],
    types: ['number', 'string'],
    treatment: 'honoured',
    ours: 'the user of supervisor and workers',
    doc: 'Needs root. The group follows unless `gid` says otherwise. HOME, the control socket and the spool are those of that user, who commands it too: `sudo -u USER kf-cluster status`. Groups besides the main one are dropped, those of root as well as those of the user; who needs them starts kf-cluster itself as that user (systemd: User=). Root opens `out_file`, `error_file`, `log_file` and `pid_file` with the rights of that user and follows no symlink in their place, unless nobody but root can write their directory and all above it.',
    take: (value: number | string, draft) => runAs(value, draft),
  },
  {
    name: 'gid',
    types: ['number', 'string'],
    treatment: 'honoured',
    ours: 'the group of supervisor and workers',
    doc: 'Needs root.',
    take: (value: number | string, { launch, problems }) => {
      const gid = accountOf('/etc/group', value)?.id;
      if (gid === undefined) problems.push({ field: 'gid', text: `is ${JSON.stringify(value)}; no such group` });
      else launch.gid = gid;
    },
  },
  {
    name: 'autostart',
    types: ['boolean'],
    treatment: 'honoured',
    ours: 'whether the app is started',
    doc: 'false: it is left out, and the log says so.',
    take: (value: boolean, { launch }) => {
      launch.autostart = value;
    },
  },
  {
    name: 'force',
    types: ['boolean'],
    treatment: 'honoured',
    ours: 'nothing to do',
    doc: 'A second start of one script is always possible; its ports decide.',
  },
] as const satisfies readonly Pm2Field[];

/** pm2's name of an app: given, else the script's file without its ending. */
export function nameOf(app: Readonly<Record<string, unknown>>): string {
  const given = typeof app.name === 'string' && app.name ? app.name : undefined;
  return given ?? basename(String(app.script ?? 'unnamed')).replace(/(?<=.)\.[^.]*$/, '');
}

/** `npm start -- --x "a b"` as pm2 splits it; a quote that never closes leaves the text whole. */
export function wordsOf(value: unknown): string[] {
  if (value === undefined) return [];
  return Array.isArray(value) ? value.map(String) : (splitArgs(String(value)) ?? [String(value)]);
}

function runAs(value: number | string, { app, launch, env, problems }: Draft): void {
  const account = accountOf('/etc/passwd', value);
  if (account === undefined)
    return void problems.push({ field: 'uid', text: `is ${JSON.stringify(value)}; no such user` });
  // The supervisor's own process has become that user already when it reads this.
  if (![0, account.id].includes(process.getuid?.() ?? -1)) {
    return void problems.push({ field: 'uid', text: 'only root may become another user; expected to be run by root' });
  }
  launch.uid = account.id;
  launch.gid ??= account.group;
  env.HOME = homeOf(account);
  const own = isRecord(app.env) ? app.env : {};
  // The caller's own directories: sockets, spool and cache of another user do not belong there.
  for (const name of ['XDG_RUNTIME_DIR', 'XDG_STATE_HOME', 'XDG_CACHE_HOME'])
    if (own[name] === undefined) delete env[name];
}
