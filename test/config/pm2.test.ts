import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { loadConfig } from '../../src/config/load-options.js';
import { KfError } from '../../src/contract/errors.js';
import { inputOf, isEcosystemFile, readEcosystem } from '../../src/platforms/pm2/ecosystem/read-ecosystem.js';
import { formatDate } from '../../src/platforms/pm2/launcher/dates.js';
import { tree } from '../helpers/tree.js';

interface Asked {
  readonly only?: string;
  readonly app?: string;
  readonly env?: string;
  readonly environment?: Record<string, string>;
}

async function appsOf(
  t: ExecutionContext,
  text: string,
  asked: Asked = {},
  { file = 'ecosystem.config.cjs', manifest = {} }: { readonly file?: string; readonly manifest?: object } = {},
) {
  const cwd = tree(t, { [file]: text, 'app.js': '', 'package.json': JSON.stringify(manifest), 'sub/app.js': '' });
  const { environment = {}, ...rest } = asked;
  return { cwd, apps: await readEcosystem({ file, cwd, environment, ...rest }) };
}

async function configOf(t: ExecutionContext, app: object, asked: Asked = {}, manifest: object = {}) {
  const text = `module.exports = ${JSON.stringify({ apps: [{ script: 'app.js', ...app }] })}`;
  const { cwd, apps } = await appsOf(t, text, asked, { manifest });
  const caller = { script: undefined, args: [], flags: {}, environment: {}, cwd };
  return { cwd, app: apps[0]!, config: (await loadConfig(inputOf(apps[0]!, 'e.config.cjs', caller))).config };
}

const FORMS: Record<string, string> = {
  'a.config.js': 'module.exports = { apps: [{ script: "app.js" }] }',
  'b.config.cjs': 'exports.apps = [{ script: "app.js" }]',
  'c.config.mjs': 'export const apps = [{ script: "app.js" }]',
  'd.config.mjs': 'export default async () => ({ apps: { script: "app.js" } })',
  'e.config.js': 'module.exports = [{ script: "app.js" }]',
  'f.config.js': 'module.exports = { script: "app.js" }',
  'g.json': '{ "apps": [{ "script": "app.js" }], /* as pm2 reads it */ }',
  'h.yml': 'apps:\n  - script: app.js\n',
  'i.yaml': 'script: app.js\n',
};

for (const [file, text] of Object.entries(FORMS)) {
  test(`pm2's form ${file}`, async (t) => {
    t.true(isEcosystemFile(file));
    const { cwd, apps } = await appsOf(t, text, {}, { file });
    t.deepEqual(
      apps.map(({ name, script }) => [name, script]),
      [['app', join(cwd, 'app.js')]],
    );
  });
}

test('npm and the name of a script of package.json come to the program behind them', async (t) => {
  const scripts = {
    start: 'MODE=live node --no-warnings sub/app.js',
    other: 'node app.js',
    built: 'tsc && node app.js',
  };
  for (const [written, file, args] of [
    [{ script: 'npm', args: 'start -- --mine "a b"' }, 'sub/app.js', ['--mine', 'a b']],
    [{ script: 'npm', args: ['run', 'other'] }, 'app.js', []],
    [{ script: 'npm run other', args: '--mine' }, 'app.js', ['--mine']],
    [{ script: 'other' }, 'app.js', []],
  ] as const) {
    const { cwd, config } = await configOf(t, written, {}, { scripts });
    t.is(config.script, join(cwd, file), JSON.stringify(written));
    t.deepEqual(config.args, args);
    if (file !== 'app.js')
      t.like(config, { env: { MODE: 'live' }, nodeArgs: ['--no-warnings', '--enable-source-maps'] });
  }
  const { why } = (await t.throwsAsync(configOf(t, { script: 'npm', args: 'run built' }, {}, { scripts })))! as KfError;
  t.regex(
    why,
    /script is "npm": cannot start "tsc && node app.js", it needs a shell\. Run what comes before by itself/,
  );
});

test('a script and our own config file are no ecosystem files', (t) => {
  for (const file of ['app.js', 'kf-cluster.config.mjs', 'package.json', 'config.js']) t.false(isEcosystemFile(file));
});

test('instances and exec_mode', async (t) => {
  const workers = async (app: object) => (await configOf(t, app)).config.workers;
  const cpus = availableParallelism();
  t.is(await workers({}), 1);
  t.is(await workers({ instances: 3 }), 3);
  t.is(await workers({ instances: '3' }), 3);
  t.is(await workers({ instances: 0 }), cpus);
  t.is(await workers({ instances: 'max' }), cpus);
  t.is(await workers({ instances: -1 }), Math.max(1, cpus - 1));
  t.is(await workers({ instances: 1, exec_mode: 'fork' }), 1);
  t.is(await workers({ exec_mode: 'cluster' }), 1);
});

test('env, env_<name>, filter_env, port', async (t) => {
  const app = { port: 81, env: { A: 1, B: { c: 2 }, OTEL_SERVICE_NAME: 'shop' }, env_production: { A: 'p' } };
  const environment = { A: 'caller', KEPT: 'k', SECRET_A: 's', SECRET_B: 's' };
  const { app: plain } = await configOf(t, { ...app, filter_env: ['SECRET'] }, { environment });
  t.deepEqual(plain.env, { A: '1', B: '{"c":2}', KEPT: 'k', OTEL_SERVICE_NAME: 'shop', PORT: '81' });
  const { app: production } = await configOf(t, { ...app, filter_env: true }, { environment, env: 'production' });
  t.deepEqual(production.env, { A: 'p', B: '{"c":2}', OTEL_SERVICE_NAME: 'shop', PORT: '81' });
});

test('timeouts, restarts and readiness become options', async (t) => {
  const { config } = await configOf(t, {
    wait_ready: true,
    listen_timeout: 40_000,
    kill_timeout: 40_000,
    min_uptime: '10s',
    max_restarts: 7,
    exp_backoff_restart_delay: 100,
    node_args: '--no-warnings --stack-size=900',
    args: ['a', 'b c'],
    max_memory_restart: '300M',
    cron_restart: '0 4 * * *',
  });
  t.like(config, {
    ready: 'message',
    bootTimeoutMs: 40_000,
    drainTimeoutMs: 35_000,
    flushTimeoutMs: 5_000,
    minUptimeMs: 10_000,
    maxRestarts: 7,
    maxMemory: 300 * 1024 ** 2,
    cronRestart: '0 4 * * *',
    backoff: { initialMs: 100, maxMs: 15_000 },
    nodeArgs: ['--no-warnings', '--stack-size=900', '--enable-source-maps'],
    args: ['a', 'b c'],
  });
});

test('a listen_timeout below the default ends no app that is slow to say that it is ready', async (t) => {
  const { config: plain } = await configOf(t, {});
  const { config: waits } = await configOf(t, { wait_ready: true, listen_timeout: 1000 });
  const { config: listens } = await configOf(t, { listen_timeout: 1000 });
  t.is(waits.bootTimeoutMs, plain.bootTimeoutMs);
  t.is(listens.bootTimeoutMs, 1000);
});

test('autorestart, stop_exit_codes and shutdown_with_message', async (t) => {
  const { config: plain } = await configOf(t, { autorestart: true });
  t.like(plain, { restart: 'always', stopExitCodes: [], shutdownMessage: false });
  const { config } = await configOf(t, { autorestart: false, stop_exit_codes: [0, '9'], shutdown_with_message: true });
  t.like(config, { restart: 'never', stopExitCodes: [0, 9], shutdownMessage: true });
  const { config: web } = await configOf(t, { autorestart: false, instances: 2, stop_exit_codes: 143 });
  t.like(web, { restart: 'never', stopExitCodes: [143] });
});

for (const [ready, ...apps] of [
  ['settled', {}, { wait_ready: false }, { autorestart: false, env: { PORT: 1 } }, { restart_delay: 4000 }],
  ['auto', { env: { PORT: 3000 } }, { port: 3000 }, { instances: 2 }, { exec_mode: 'cluster' }],
  ['message', { wait_ready: true }, { wait_ready: true, instances: 2, port: 3000 }],
  ['started', { autorestart: false, cron_restart: '0 4 * * *' }, { restart_delay: 60_000 }],
  ['listening', { kf: { ready: 'listening' } }],
] as const) {
  test(`an app is ready by ${ready}: ${apps.map((app) => JSON.stringify(app)).join(', ')}`, async (t) => {
    for (const app of apps) t.is((await configOf(t, app)).config.ready, ready);
  });
}

test('watch, ignore_watch and watch_delay', async (t) => {
  t.like((await configOf(t, { watch: false })).config, { watch: false, watchPaths: undefined });
  t.like((await configOf(t, { watch: true, watch_delay: 500 })).config, { watch: true, watchDelayMs: 500 });
  const app = { watch: ['sub', './app.js'], ignore_watch: ['logs', '*.tmp'], out_file: 'out.txt', pid_file: 'pid' };
  const { cwd, config } = await configOf(t, app);
  t.deepEqual(config.watchPaths, [join(cwd, 'sub'), join(cwd, 'app.js')]);
  t.deepEqual(config.watchIgnore, ['logs', '*.tmp', join(cwd, 'out.txt'), join(cwd, 'pid')]);
});

test('names, namespaces and our own options under kf', async (t) => {
  const app = { name: 'api', name_prefix: 'x-', append_env_to_name: true, namespace: 'shop', cwd: 'sub', env_prod: {} };
  const kf = { drainTimeout: '9s', telemetry: true };
  const { cwd, config, app: mapped } = await configOf(t, { ...app, kf }, { env: 'prod' });
  t.is(config.name, 'x-api-prod');
  t.is(config.cwd, join(cwd, 'sub'));
  t.is(config.script, join(cwd, 'sub/app.js'));
  t.is(config.drainTimeoutMs, 9_000);
  t.is(config.env.OTEL_SERVICE_NAME, 'x-api-prod');
  t.is(mapped.env.OTEL_RESOURCE_ATTRIBUTES, 'service.namespace=shop');
});

test('instance_var names the variable of the slot; increment_var differs from worker to worker', async (t) => {
  const { config } = await configOf(t, { instance_var: 'ID', increment_var: 'PORT', env: { PORT: 3000 } });
  t.deepEqual(await config.inlineHooks.preFork?.({ slot: 2, generation: 1 }), { PORT: '3002' });
  t.is(config.instanceVar, 'ID');
});

test('log fields are for the process around the supervisor', async (t) => {
  const { cwd, app } = await configOf(t, {
    output: 'o.log',
    err_file: '/dev/null',
    log: 'all.log',
    time: true,
    pid: 'p',
  });
  t.deepEqual(app.launch, {
    out: join(cwd, 'o.log'),
    err: null,
    combined: join(cwd, 'all.log'),
    dateFormat: 'YYYY-MM-DDTHH:mm:ss',
    pidFile: join(cwd, 'p'),
  });
});

test('--only names apps', async (t) => {
  const text = 'exports.apps = ["a", "b", "c"].map((name) => ({ name, script: "app.js" }))';
  const { apps } = await appsOf(t, text, { only: 'a,c' });
  t.deepEqual(
    apps.map(({ name }) => name),
    ['a', 'c'],
  );
});

test('an app that --only leaves out may be wrong; the error of one that is asked for names those that are not', async (t) => {
  const text = `exports.apps = [{ name: 'a b', script: 'app.js' }, { name: 'web', script: 'serve' }]`;
  const { apps } = await appsOf(t, text, { only: 'a b' });
  t.deepEqual(
    apps.map(({ name }) => name),
    ['a b'],
  );
  const own = await appsOf(t, text, { app: 'a b' });
  t.is(own.apps.length, 1, 'its supervisor reads the file too');
  const error = await t.throwsAsync(appsOf(t, text), { instanceOf: KfError });
  t.regex(error?.fix ?? '', /The others by themselves: --only 'a b'$/);
});

test('dates in the tokens of day.js', (t) => {
  const date = new Date(2026, 10, 3, 15, 4, 5, 6);
  t.is(formatDate(date, 'YYYY-MM-DDTHH:mm:ss.SSS'), '2026-11-03T15:04:05.006');
  t.is(formatDate(date, 'ddd D MMM YY h:m A [at] M'), 'Tue 3 Nov 26 3:4 PM at 11');
  t.regex(formatDate(date, 'Z ZZ'), /^[+-]\d\d:\d\d [+-]\d{4}$/);
});
