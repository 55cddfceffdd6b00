import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { kf } from '../helpers/cli.js';
import { tree } from '../helpers/tree.js';

const FILES = {
  'package.json': '{"name":"shop"}',
  'app.js': '',
  'kf-cluster.config.mjs': 'export const drainTimeout = "1m"; export function postFork() {}',
  '.env': 'OTEL_SERVICE_NAME=from-env-file\nDATABASE_URL=postgres://u:s3cr3t@db\n',
};

test('each option with its value and its source, on stdout, secrets redacted', async (t) => {
  const dir = tree(t, FILES);
  const env = { OTEL_EXPORTER_OTLP_HEADERS: 'kf-api-key=s3cr3t', KF_CLUSTER_FLUSH_TIMEOUT: '2s' };
  const args = [
    'config',
    'app.js',
    '--json',
    '-w',
    '3',
    '--env-file',
    '.env',
    '--exporter_otlp_endpoint=collector:4317',
  ];
  const { code, stdout, stderr } = await kf(args, dir, env);
  t.is(code, 0);
  t.notRegex(stdout + stderr, /s3cr3t/);
  t.regex(stderr, /has no scheme: https:\/\/ is assumed/);
  const shown = JSON.parse(stdout);
  t.is(shown.script, join(dir, 'app.js'));
  t.deepEqual(shown.hookFiles, [join(dir, 'kf-cluster.config.mjs')]);
  t.deepEqual(shown.options.workers, { value: '3', layer: 'flag', from: '--workers' });
  t.deepEqual(shown.options['flush-timeout'], { value: '2s', layer: 'environment', from: 'KF_CLUSTER_FLUSH_TIMEOUT' });
  t.is(shown.options['service-name'].layer, 'env-file');
  t.deepEqual(shown.options['drain-timeout'], {
    value: '1m',
    layer: 'file',
    from: 'drainTimeout in kf-cluster.config.mjs',
  });
  t.is(shown.options['boot-timeout'].layer, 'default');
  t.is(shown.options.name.value, 'shop');
  t.is(shown.env.OTEL_EXPORTER_OTLP_HEADERS.value, '[redacted]');
  t.is(shown.env.DATABASE_URL.value, '[redacted]');
  t.deepEqual(shown.traces, { exporter: 'otlp', endpoint: 'https://collector:4317', protocol: 'grpc' });
});

test('without a script, as text, with the endpoint after the rules of the protocol', async (t) => {
  const { code, stdout, stderr } = await kf(['config', '--exporter-otlp-protocol', 'http/json'], tree(t, {}));
  t.is(code, 0);
  t.is(stderr, '');
  t.regex(stdout, /^traces go to {2}http:\/\/localhost:4318\/v1\/traces over http\/json$/m);
  t.regex(stdout, /^drain-timeout +20s {2}\(default\)$/m);
});

test('what is documented starts: jaeger, words in any case; a list with none is none', async (t) => {
  const env = {
    OTEL_PROPAGATORS: 'jaeger,TraceContext',
    OTEL_EXPORTER_OTLP_PROTOCOL: 'HTTP/JSON',
    OTEL_METRICS_EXPORTER: 'OTLP',
    OTEL_TRACES_EXPORTER: 'otlp,none',
  };
  const { code, stdout, stderr } = await kf(['config', '--json'], tree(t, {}), env);
  t.is(code, 0);
  t.is(stderr, 'warning: OTEL_TRACES_EXPORTER lists none beside others: none it is\n');
  const shown = JSON.parse(stdout);
  t.deepEqual(shown.traces, { exporter: 'none', endpoint: null, protocol: null });
  t.like(shown.metrics, { endpoint: 'http://localhost:4318/v1/metrics', protocol: 'http/json' });
});

test('a boolean flag with =on is on, and a misspelt variable is warned of', async (t) => {
  const args = ['config', '--json', '--telemetry=on', '--capture-logs=yes', '--control=off'];
  const { code, stdout, stderr } = await kf(args, tree(t, {}), { KF_CLUSTER_WORKES: '4' });
  t.is(code, 0);
  t.is(stderr, 'warning: KF_CLUSTER_WORKES is no option: did you mean KF_CLUSTER_WORKERS?\n');
  const { options } = JSON.parse(stdout);
  const values = ['telemetry', 'capture-logs', 'control'].map((name) => options[name].value);
  t.deepEqual(values, ['true', 'true', 'false']);
});

test('--cwd moves where paths start, once', async (t) => {
  const dir = tree(t, { 'sub/package.json': '{}', 'sub/app.js': '', 'sub/h.mjs': '' });
  const { stdout } = await kf(['config', 'app.js', '--cwd', 'sub', '--hooks', 'h.mjs', '--json'], dir);
  const shown = JSON.parse(stdout);
  t.is(shown.script, join(dir, 'sub/app.js'));
  t.is(shown.options.cwd.value, join(dir, 'sub'));
  t.deepEqual(shown.hookFiles, [join(dir, 'sub/h.mjs')]);
});

test('help is data: on stdout, grouped, with examples', async (t) => {
  const { code, stdout, stderr } = await kf(['start', '--help'], tree(t, {}));
  t.is(code, 0);
  t.is(stderr, '');
  for (const group of ['Workers', 'Files', 'Restarts', 'Stopping', 'Logs', 'Telemetry', 'Examples']) {
    t.regex(stdout, new RegExp(`^${group}:$`, 'm'));
  }
  t.false(stdout.includes('\u001b'));
});

test('version and completion', async (t) => {
  const dir = tree(t, {});
  t.regex((await kf(['--version'], dir)).stdout, /^\d+\.\d+\.\d+\+[0-9a-f]+\n$/);
  for (const shell of ['bash', 'zsh', 'fish']) {
    const { stdout } = await kf(['completion', shell], dir);
    t.true(stdout.includes('kf-cluster complete --'), shell);
    // From a file: fish reads no program from a socket, which is what a child of Node has as stdin.
    const file = join(dir, `completion.${shell}`);
    writeFileSync(file, stdout);
    if (spawnSync(shell, ['-c', 'true']).status === 0) t.is(spawnSync(shell, ['-n', file]).status, 0, shell);
  }
  t.is((await kf(['completion', 'tcsh'], dir)).code, 2);
  t.is((await kf(['complete', '--', 'start', '--drain-t'], dir)).stdout, '--drain-timeout\n');
});
