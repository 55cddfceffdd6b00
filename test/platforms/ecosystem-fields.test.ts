import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { KfError } from '../../src/contract/errors.js';
import { PM2_TABLE } from '../../src/platforms/pm2/ecosystem/field-table.js';
import { appNames, type Pm2App, readEcosystem } from '../../src/platforms/pm2/ecosystem/read-ecosystem.js';
import { isRoot } from '../helpers/root.js';
import { tree } from '../helpers/tree.js';

const FILES = { 'app.js': '', 'lib/app.js': '', 'src/a.js': '', 'package.json': '{}' };

interface Asked {
  readonly environment?: Readonly<Record<string, string>>;
  readonly env?: string;
  readonly strict?: boolean;
}

/** An app of an ecosystem file as it is read. */
async function read(t: ExecutionContext, app: object, asked: Asked = {}): Promise<{ app: Pm2App; cwd: string }> {
  const text = JSON.stringify({ apps: [{ script: 'app.js', ...app }] });
  const cwd = tree(t, { ...FILES, 'e.json': text });
  const [first] = await readEcosystem({ file: 'e.json', cwd, environment: {}, ...asked });
  if (first === undefined) throw new Error('no app');
  return { app: first, cwd };
}

/** Why an app is refused. */
async function refusal(t: ExecutionContext, app: object, asked: Asked = {}): Promise<string> {
  const error = await t.throwsAsync(read(t, app, asked), { instanceOf: KfError });
  t.is(error?.code, 'CONFIG_INVALID');
  return error?.why ?? '';
}

for (const [written, options] of [
  [{ restart_delay: 300 }, { backoff: '300ms..300ms' }],
  [{ restart_delay: 0 }, { backoff: undefined }],
  [{ exp_backoff_restart_delay: 100 }, { backoff: '100ms..15000ms' }],
  [{ exp_backoff_restart_delay: 20_000 }, { backoff: '20000ms..20000ms' }],
  [{ exp_backoff_restart_delay: 0 }, { backoff: undefined }],
  [{ min_uptime: 5_000 }, { minUptime: '5000ms' }],
  [{ min_uptime: '5000' }, { minUptime: '5000ms' }],
  [{ min_uptime: '1h' }, { minUptime: '1h' }],
  [{ max_restarts: '4' }, { maxRestarts: 4 }],
  [{ cron_restart: 0 }, { cronRestart: undefined }],
  [{ cron: '0 4 * * *' }, { cronRestart: '0 4 * * *' }],
  [{ instance_var: '' }, { instanceVar: 'none' }],
  [{ watch: 'src' }, { watch: true, watchPath: ['src'] }],
  [{ ignore_watch: '*.tmp' }, { watchIgnore: ['*.tmp'] }],
  [{ ignore_watch: [] }, { watchIgnore: undefined }],
  [{ exec_mode: 'fork_mode', instances: 2 }, { workers: 2 }],
  [
    { autorestart: false, instances: 2, exec_mode: 'fork' },
    { restart: 'never', ready: 'settled' },
  ],
  [
    { autorestart: false, exec_mode: 'cluster' },
    { restart: 'never', ready: undefined },
  ],
] as const) {
  test(`${JSON.stringify(written)} is ${JSON.stringify(options)}`, async (t) => {
    const { app } = await read(t, written);
    for (const [name, value] of Object.entries(options)) t.deepEqual(app.options[name], value as never, name);
  });
}

for (const [written, wrong] of [
  [{ instances: 'many' }, /instances is "many"; expected a number or "max"/],
  [{ exec_mode: 'custer' }, /exec_mode is "custer"; expected "cluster" or "fork"/],
  [{ port: 70_000 }, /port is 70000; expected a port/],
  [{ port: 1.5 }, /port is 1\.5/],
  [{ uid: 'nobody-here' }, /uid is "nobody-here"; no such user/],
  [{ gid: 'nobody-here' }, /gid is "nobody-here"; no such group/],
  [{ watch: ['src', 5] }, /watch holds 5/],
  [{ watch: [''] }, /watch holds ""/],
  [{ ignore_watch: ['a', ''] }, /ignore_watch holds something else/],
  [{ log_type: 'raw' }, /log_type is "raw"; expected "json"/],
  [{ kill_timeout: -1 }, /kill_timeout is -1; expected 0 or more/],
  [{ max_restarts: 'x' }, /max_restarts is "x"; expected a number/],
  [{ args: {} }, /args is an object; expected an array or a string/],
  [{ env: [] }, /env is an array; expected/],
  [{ env: 'A=1' }, /env is a text; expected an object|env is ignored/],
  [{ cwd: 'gone' }, /cwd is \S+gone; expected a directory/],
  [{ script: 'kf-cluster', args: 'start "my app.js"' }, /Without pm2: kf-cluster start "my app\.js"/],
  [{ script: 'gone.js' }, /script is "gone\.js"/],
  [{ script: 'serve' }, /pm2's file server is none of ours/],
  [{ script: 'no-such-program -x' }, /there is no no-such-program in PATH/],
  [{ kf: { workers: 'many' } }, /kf workers: expected/],
  [{ kf: 5 }, /kf /],
] as const) {
  test(`refused: ${JSON.stringify(written)}`, async (t) => {
    t.regex(await refusal(t, written, { environment: { PATH: '/none' } }), wrong);
  });
}

test('every field that is wrong is named at once', async (t) => {
  const why = await refusal(t, { instances: 'many', port: 70_000, log_type: 'raw', gid: 'nobody-here' });
  for (const field of ['instances', 'port', 'log_type', 'gid']) t.regex(why, new RegExp(`(^|; )${field} is `));
});

for (const [written, warning] of [
  [{ instanses: 2 }, /instanses is no field of pm2, and is ignored; did you mean instances\?/],
  [{ watch_options: {} }, /watch_options is ignored/],
  [{ merge_logs: false }, /merge_logs is ignored/],
  [{ log_file: true }, /log_file is true; expected the path/],
  [{ watch: ['src/**/*.js'] }, /watch holds the pattern .* all of the directory src is watched/],
  [{ env_production: 'A=1' }, /env_production is ignored: a text holds no variables/],
] as const) {
  test(`warned of, and with --strict refused or said as well: ${JSON.stringify(written)}`, async (t) => {
    const { app } = await read(t, written);
    t.is(app.warnings.length, 1, app.warnings.join());
    t.regex(app.warnings[0] ?? '', warning);
    t.regex(app.warnings[0] ?? '', /e\.json: app "app": /, 'with the file and the app');
  });
}

for (const written of [{ merge_logs: true }, { force: true }, { instances: null }, { max_restarts: undefined }]) {
  test(`nothing is said of ${JSON.stringify(written)}`, async (t) => {
    t.deepEqual((await read(t, written)).app.warnings, []);
  });
}

test('--strict refuses what is else warned of', async (t) => {
  t.regex(await refusal(t, { instanses: 2 }, { strict: true }), /instanses is no field/);
  t.regex(await refusal(t, { watch_options: {} }, { strict: true }), /watch_options is ignored/);
});

for (const [what, given, expected] of [
  ['alone', {}, 'service.namespace=sh%20op'],
  ['behind what is there', { OTEL_RESOURCE_ATTRIBUTES: 'a=b' }, 'a=b,service.namespace=sh%20op'],
  [
    'beside one of another name',
    { OTEL_RESOURCE_ATTRIBUTES: 'my.service.namespace=x' },
    'my.service.namespace=x,service.namespace=sh%20op',
  ],
  ['not where one is said already', { OTEL_RESOURCE_ATTRIBUTES: 'service.namespace=x' }, 'service.namespace=x'],
] as const) {
  test(`a namespace becomes an attribute of the spans: ${what}`, async (t) => {
    const { app } = await read(t, { namespace: 'sh op', env: given });
    t.is(app.env.OTEL_RESOURCE_ATTRIBUTES, expected);
  });
}

test('the namespace that pm2 gives everybody is none', async (t) => {
  t.is((await read(t, { namespace: 'default' })).app.env.OTEL_RESOURCE_ATTRIBUTES, undefined);
});

for (const [what, app, environment, expected] of [
  ['all of it without a filter', {}, { A: '1', B: '2' }, { A: '1', B: '2' }],
  ['nothing with true', { filter_env: true }, { A: '1' }, {}],
  ['all but the one', { filter_env: 'A' }, { A: '1', AB: '2' }, { AB: '2' }],
  ['none that holds one of these', { filter_env: ['A', 'X'] }, { A: '1', BAB: '2', C: '3' }, { C: '3' }],
  ['all with false', { filter_env: false }, { A: '1' }, { A: '1' }],
  ['under what the app says', { env: { A: '2' } }, { A: '1' }, { A: '2' }],
  ['and null says nothing', { env: { A: null, N: 5, F: false } }, { A: '1' }, { A: '1', N: '5', F: 'false' }],
] as const) {
  test(`of the caller's environment the app gets: ${what}`, async (t) => {
    t.deepEqual((await read(t, app, { environment })).app.env, expected as never);
  });
}

test('each field of the table is one that a file may have, under each of its names, and is shown as it was written', async (t) => {
  for (const { name, aliases = [] } of PM2_TABLE as readonly { name: string; aliases?: readonly string[] }[]) {
    if (name.startsWith('^') || name === 'script') continue;
    for (const written of [name, ...aliases]) {
      const warned = await read(t, { [written]: null });
      t.deepEqual(warned.app.warnings, [], written);
    }
  }
  const { app } = await read(t, { output: 'o.log', user: process.getuid?.() ?? 0 });
  t.deepEqual(app.mapping.map(({ field }) => field).toSorted(), ['output', 'script', 'user']);
});

test('root becomes the user of the app: its home, its group, and none of the directories of the caller', async (t) => {
  if (!isRoot(t)) return;
  const environment = { HOME: '/root', XDG_RUNTIME_DIR: '/run/user/0', XDG_STATE_HOME: '/root/state' };
  const { app } = await read(t, { uid: 'nobody', env: { XDG_STATE_HOME: '/srv/state' } }, { environment });
  t.true((app.launch.uid ?? 0) > 0 && (app.launch.gid ?? 0) > 0);
  t.not(app.env.HOME, '/root');
  t.deepEqual([app.env.XDG_RUNTIME_DIR, app.env.XDG_STATE_HOME], [undefined, '/srv/state']);
  const { app: grouped } = await read(t, { uid: 'nobody', gid: 0 });
  t.is(grouped.launch.gid, 0, 'a group that is given stays');
});

test('files of logs start at the cwd of the app; /dev/null and NULL are none', async (t) => {
  const { app, cwd } = await read(t, {
    cwd: 'lib',
    out_file: 'o.log',
    err_file: 'NULL',
    log: '/abs/all.log',
    pid: 'p',
  });
  t.like(app.launch, { out: join(cwd, 'lib/o.log'), err: null, combined: '/abs/all.log', pidFile: join(cwd, 'lib/p') });
  t.like((await read(t, { disable_logs: true, out_file: 'o' })).app.launch, { out: null, err: null });
});

test('names alone are read of a file that is wrong otherwise', async (t) => {
  const apps = [
    { name: 'a', instances: 'many' },
    { script: 'jobs.js' },
    { name: 'c', append_env_to_name: true, env_x: {} },
  ];
  const cwd = tree(t, { ...FILES, 'e.json': JSON.stringify({ apps }) });
  const names = (more: object) => appNames({ file: 'e.json', cwd, environment: {}, ...more });
  t.deepEqual(await names({}), ['a', 'jobs', 'c']);
  t.deepEqual(await names({ env: 'x', only: 'a c-x' }), ['a', 'c-x']);
  await t.throwsAsync(names({ only: 'b' }), { code: 'BAD_FLAG' });
});
