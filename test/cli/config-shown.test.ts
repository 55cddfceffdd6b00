import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { tree } from '../helpers/tree.js';
import { errorIn, type Ran, runIn, setEnv } from './run-here.js';

const APP = { 'package.json': '{ "name": "shop" }', 'app.js': '' };

interface Shown {
  readonly script: string | null;
  readonly configFile: string | null;
  readonly hookFiles: readonly string[];
  readonly options: Readonly<
    Record<string, { readonly value: string | null; readonly layer: string; readonly from: string }>
  >;
  readonly env: Readonly<Record<string, { readonly value: string; readonly layer: string; readonly from: string }>>;
  readonly traces: Target;
  readonly metrics: Target;
  readonly logs: Target;
}

interface Target {
  readonly exporter: string;
  readonly endpoint: string | null;
  readonly protocol: string | null;
}

/** What `config --json` shows of an app in a folder of these files, beside an environment that says nothing else. */
async function shown(
  t: ExecutionContext,
  files: Record<string, string>,
  ...args: string[]
): Promise<Shown & { dir: string }> {
  const dir = tree(t, { ...APP, ...files });
  const { code, out, err } = await runIn(dir, 'config', 'app.js', '--json', ...args);
  t.is(code, 0, err);
  return { ...JSON.parse(out), dir };
}

test.serial('of each option it is said what the user has written to get it, by the layer that wins', async (t) => {
  setEnv(t, { KF_CLUSTER_BOOT_TIMEOUT: '7s', KF_CLUSTER_DRAIN_TIMEOUT: '8s', KF_CLUSTER_WORKERS: '' });
  const { options, configFile, dir } = await shown(
    t,
    {
      '.env': 'KF_CLUSTER_MAX_RESTARTS=4\nKF_CLUSTER_BOOT_TIMEOUT=1s\n',
      'kf-cluster.config.json': '{ "workers": 3, "maxRestarts": 9, "bootTimeout": "2s", "drainTimeout": "3s" }',
    },
    ...['--drain-timeout', '9s', '--env-file', '.env'],
  );
  t.is(configFile, join(dir, 'kf-cluster.config.json'));
  t.deepEqual(options['drain-timeout'], { value: '9s', layer: 'flag', from: '--drain-timeout' });
  t.deepEqual(options['boot-timeout'], { value: '7s', layer: 'environment', from: 'KF_CLUSTER_BOOT_TIMEOUT' });
  t.deepEqual(options['max-restarts'], {
    ...{ value: '4', layer: 'env-file', from: `KF_CLUSTER_MAX_RESTARTS in ${join(dir, '.env')}` },
  });
  t.deepEqual(options.workers, { value: '3', layer: 'file', from: 'workers in kf-cluster.config.json' });
  t.is(options['flush-timeout']?.layer, 'default');
  t.deepEqual(options.name, { value: 'shop', layer: 'default', from: 'unset' }, 'the name that it will have');
});

test.serial('a number of workers that was computed says from what', async (t) => {
  const { options } = await shown(t, {}, '-w', 'auto');
  t.regex(options.workers?.value ?? '', /^\d+ \(auto: .*\)$/);
});

test.serial('without a script it shows the rest; no config file is said to be none', async (t) => {
  const dir = tree(t, { 'package.json': '{ "name": "shop" }' });
  const { code, out } = await runIn(dir, 'config');
  t.is(code, 0);
  t.regex(out, /^script {2}-\nconfig file {2}none found\ntraces go to {2}/);
});

const SECRET = 'hunter2hunter2';

test.serial('no secret is shown, wherever it stands', async (t) => {
  setEnv(t, { OTEL_EXPORTER_OTLP_HEADERS: `api-key=${SECRET}`, OTEL_EXPORTER_OTLP_TRACES_HEADERS: `x=${SECRET}` });
  const dir = tree(t, {
    ...APP,
    '.env': `API_TOKEN=${SECRET}\nOTEL_SERVICE_NAME=visible\n`,
    'kf-cluster.config.json': JSON.stringify({ env: { DB_PASSWORD: SECRET } }),
  });
  const args = ['--env-file', '.env', '--exporter-otlp-endpoint', `https://user:${SECRET}@collector:4318`];
  for (const form of [[], ['--json']]) {
    const { out, code } = await runIn(dir, 'config', 'app.js', ...args, ...form);
    t.is(code, 0);
    t.false(
      out.includes(SECRET),
      out.split('\n').find((line) => line.includes(SECRET)),
    );
    for (const name of ['API_TOKEN', 'DB_PASSWORD', 'OTEL_EXPORTER_OTLP_TRACES_HEADERS', 'visible', 'collector'])
      t.true(out.includes(name), name);
  }
});

test.serial('a variable for the workers says which file it comes from; one that is set already stays', async (t) => {
  setEnv(t, { SHOP_MODE: 'caller' });
  const { env, dir } = await shown(
    t,
    { '.env': 'SHOP_A=1\nSHOP_MODE=file\n', 'kf-cluster.config.json': '{ "env": { "SHOP_B": "2", "SHOP_A": "3" } }' },
    ...['--env-file', '.env'],
  );
  t.like(env.SHOP_A, { layer: 'env-file', from: `SHOP_A in ${join(dir, '.env')}` });
  t.like(env.SHOP_B, { layer: 'file', from: 'SHOP_B in kf-cluster.config.json#env' });
  t.is(env.SHOP_MODE, undefined);
});

for (const [what, args, traces, metrics] of [
  [
    'over gRPC to the usual port',
    [],
    { exporter: 'otlp', endpoint: 'http://localhost:4317', protocol: 'grpc' },
    { exporter: 'none', endpoint: null, protocol: null },
  ],
  [
    'over HTTP to a path for each signal',
    [
      '--exporter-otlp-endpoint',
      'http://c:4318',
      '--exporter-otlp-protocol',
      'http/protobuf',
      '--metrics-exporter',
      'otlp',
    ],
    { exporter: 'otlp', endpoint: 'http://c:4318/v1/traces', protocol: 'http/protobuf' },
    { exporter: 'otlp', endpoint: 'http://c:4318/v1/metrics', protocol: 'http/protobuf' },
  ],
  [
    'to the console',
    ['--traces-exporter', 'console'],
    { exporter: 'console', endpoint: null, protocol: null },
    { exporter: 'none', endpoint: null, protocol: null },
  ],
  [
    'to nobody',
    ['--no-telemetry', '--metrics-exporter', 'otlp'],
    { exporter: 'none', endpoint: null, protocol: null },
    { exporter: 'none', endpoint: null, protocol: null },
  ],
] as const) {
  test.serial(`where the signals will go: ${what}`, async (t) => {
    const all = await shown(t, {}, ...args);
    t.deepEqual(all.traces, traces);
    t.deepEqual(all.metrics, metrics);
  });
}

test.serial('a variable of one signal wins over that of all', async (t) => {
  setEnv(t, { OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: 'http://traces:4317', OTEL_SDK_DISABLED: undefined });
  t.is((await shown(t, {}, '--exporter-otlp-endpoint', 'http://all:4317')).traces.endpoint, 'http://traces:4317');
  setEnv(t, { OTEL_SDK_DISABLED: 'true' });
  t.is((await shown(t, {})).traces.exporter, 'none');
});

test.serial('hooks of a config file are named with those of flags', async (t) => {
  const { hookFiles, dir } = await shown(
    t,
    { 'kf-cluster.config.mjs': 'export function postFork() {}', 'h.mjs': '' },
    ...['--hooks', 'h.mjs'],
  );
  t.deepEqual(hookFiles, [join(dir, 'kf-cluster.config.mjs'), join(dir, 'h.mjs')]);
});

const refused = ({ code, out, err }: Ran) => [code, out, errorIn(err).code];

for (const [what, files, args, exit, code] of [
  ['a script that is not there', {}, ['gone.js'], 2, 'SCRIPT_NOT_FOUND'],
  ['a config file that is not there', {}, ['app.js', '--config', 'gone.json'], 78, 'CONFIG_NOT_FOUND'],
  ['a config file that does not parse', { 'c.json': '{' }, ['app.js', '--config', 'c.json'], 78, 'CONFIG_UNREADABLE'],
  [
    'a config file with a wrong key',
    { 'c.json': '{"workers":0}' },
    ['app.js', '--config', 'c.json'],
    78,
    'CONFIG_INVALID',
  ],
  ['an env file that is not there', {}, ['app.js', '--env-file', 'gone'], 78, 'ENV_FILE'],
  ['a cwd that is none', {}, ['app.js', '--cwd', 'app.js'], 2, 'BAD_FLAG'],
  ['a flag of the wrong kind', {}, ['app.js', '-w', 'many'], 2, 'BAD_FLAG'],
  ['a protocol that is none', {}, ['app.js', '--exporter-otlp-protocol', 'udp'], 78, 'OTEL_INVALID'],
  ['a name with a line end', {}, ['app.js', '--name', 'a\nb'], 78, 'CONFIG_INVALID'],
] as const) {
  test.serial(`config ends with ${exit} for ${what}, as a start would`, async (t) => {
    const dir = tree(t, { ...APP, ...files });
    t.deepEqual(refused(await runIn(dir, 'config', ...args)), [exit, '', code]);
    t.deepEqual(refused(await runIn(dir, 'start', ...args)), [exit, '', code]);
  });
}

test.serial('a wrong variable is the fault of the environment, by its name', async (t) => {
  setEnv(t, { KF_CLUSTER_WORKERS: 'many' });
  const { code, err } = await runIn(tree(t, APP), 'config', 'app.js');
  t.deepEqual([code, errorIn(err).code], [78, 'ENV_INVALID']);
  t.regex(errorIn(err).what, /^KF_CLUSTER_WORKERS is "many"$/);
});

test.serial(
  'a variable with our prefix that no option reads is warned of on stderr, and stdout stays JSON',
  async (t) => {
    setEnv(t, { KF_CLUSTER_DRAIN_TIMOUT: '5s' });
    const { code, out, err } = await runIn(tree(t, APP), 'config', 'app.js', '--json');
    t.is(code, 0);
    t.regex(err, /^warning: KF_CLUSTER_DRAIN_TIMOUT is no option: did you mean KF_CLUSTER_DRAIN_TIMEOUT\?$/m);
    t.notThrows(() => JSON.parse(out));
  },
);
