import test from 'ava';
import { readEcosystemApps } from '../../src/diagnose/deployment/ecosystem.js';
import { readDeployments } from '../../src/diagnose/deployment/scan.js';
import { bytesOf, cpusOf, runsKf, spanMs } from '../../src/diagnose/deployment/workload.js';
import { optionOf, stopTime } from '../../src/diagnose/stop-time.js';
import { write } from './set-up.js';

test('an app of pm2 is in cluster mode as pm2 decides it, with its own time to stop', (t) => {
  const cluster = (app: object) => readEcosystemApps('e.js', [{ script: 'a.js', ...app }])[0]?.fields?.cluster;
  t.deepEqual(
    [
      {},
      { instances: 2 },
      { exec_mode: 'fork', instances: 2 },
      { exec_mode: 'cluster' },
      { exec_mode: 'fork_mode' },
    ].map(cluster),
    [false, true, false, true, false],
  );
  const [one] = readEcosystemApps('e.js', [
    {
      name: 'shop',
      script: 'a.js',
      args: '--x "y z"',
      node_args: ['--inspect'],
      env: { PORT: 1 },
      kill_timeout: 9_000,
    },
  ]);
  t.like(one, { name: 'shop', command: ['a.js', '--x', 'y z'], graceMs: 9_000, graceDefault: false });
  t.like(one?.fields, { nodeArgs: ['--inspect'] });
  t.like(readEcosystemApps('e.js', [{ script: 'b.js' }])[0], { name: 'b.js', graceMs: 1_600, graceDefault: true });
});

test('sizes, CPUs and spans of time in the units of each platform', (t) => {
  t.deepEqual(
    [bytesOf('512Mi', false), bytesOf('1G', false), bytesOf('1G', true), bytesOf('256mb', true), bytesOf(1_000, false)],
    [2 ** 29, 1e9, 2 ** 30, 2 ** 28, 1_000],
  );
  t.deepEqual([bytesOf('lots', true), bytesOf(undefined, true), bytesOf('', true)], [undefined, undefined, undefined]);
  t.deepEqual(['1.5', '500m', '50%', 2, 'all', undefined].map(cpusOf), [1.5, 0.5, 0.5, 2, undefined, undefined]);
  t.deepEqual(['1m30s', '500ms', 90, '1h', '2 min 5 sec', 'soon', undefined].map(spanMs), [
    ...[90_000, 500, 90_000, 3_600_000, 125_000],
    ...[undefined, undefined],
  ]);
});

test('what a project starts is found beside its package.json and below, not in what it has built or installed', async (t) => {
  const service = '[Service]\nExecStart=x\n';
  const dir = write(t, {
    files: {
      'package.json': { name: 'shop', scripts: { start: 'kf-cluster start app.js' } },
      Procfile: 'web: node app.js',
      'docker/api.Dockerfile': 'CMD ["node", "api.js"]',
      'a/b/c/d/deep.service': service,
      'a/b/c/d/e/deeper.service': service,
      'node_modules/x/x.service': service,
      'dist/x.service': service,
      '.hidden/x.service': service,
      'ecosystem.config.cjs': 'throw new Error("no");\n',
      'chart/templates/shop.yaml': 'kind: {{ .Values.kind }}\n',
      'two.yaml': 'services: {a: {command: x}}\n---\nkind: ConfigMap\nmetadata: {name: c}\ndata: {A: "1"}\n',
    },
  });
  const { workloads, settings } = await readDeployments(dir);
  t.deepEqual(workloads.map(({ file }) => file).sort(), [
    ...['Procfile', 'a/b/c/d/deep.service', 'docker/api.Dockerfile', 'package.json', 'two.yaml'],
  ]);
  t.deepEqual(settings, [{ file: 'two.yaml', name: 'c', values: { A: '1' } }]);
  t.deepEqual(
    workloads.filter(runsKf).map(({ name }) => name),
    ['script start'],
  );
});

test('how long a stop takes: what a workload says itself comes before the options, and these before the defaults', (t) => {
  const values = { 'drain-delay': 1_000, 'drain-timeout': 2_000, 'flush-timeout': 3_000 };
  t.is(stopTime(values).totalMs, 1_000 + 2_000 + 3_000 + 3_000);
  const said = stopTime(values, {
    command: ['sh', '-c', 'kf-cluster start app.js --drain-timeout 20s'],
    env: { KF_CLUSTER_FLUSH_TIMEOUT: { value: '1m', source: 'literal' } },
  });
  t.deepEqual(Object.fromEntries(said.parts), {
    ...{ 'drain-delay': 1_000, 'drain-timeout': 20_000, 'flush-timeout': 60_000, margin: 3_000 },
  });
  const malformed = stopTime(values, { command: ['--drain-timeout=soon'], env: {} });
  t.deepEqual(malformed.parts[1], ['drain-timeout', 2_000], 'what is malformed is said by another check');
  t.true(stopTime(undefined).totalMs > 2_000);
});

test('an option on a command line: behind it, with an equals sign, by its short name, or in its variable', (t) => {
  const option = (command: readonly string[], env = {}) => optionOf({ command, env }, 'workers', 'w');
  const env = { KF_CLUSTER_WORKERS: { value: '7', source: 'literal' } };
  t.is(option(['kf-cluster', 'start', '--workers', '2']), '2');
  t.is(option(['--workers=3'], env), '3');
  t.is(option(['sh', '-c', 'kf-cluster start -w 4']), '4');
  t.is(option(['kf-cluster', 'start'], env), '7');
  t.is(option(['--workers']), undefined);
  t.is(option(['--workers-max', '9']), undefined);
});
