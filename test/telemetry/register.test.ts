import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import { eventsIn } from '../helpers/log-lines.js';
import { grpcSink } from '../helpers/otlp-sink.js';
import { root, runNode, stateDir } from '../helpers/run-node.js';

const REGISTER = `--import=file://${root}dist/src/api/register.js`;
const JOB = `${root}test/fixtures/telemetry-job.mjs`;
const JSON_LOG = { KF_CLUSTER_LOG_FORMAT: 'json' };

function certificate(): string {
  const dir = mkdtempSync(join(tmpdir(), 'kf-tls-'));
  const [key, cert, pem] = ['key', 'cert', 'pem'].map((name) => join(dir, name)) as [string, string, string];
  const args = [
    'req',
    '-x509',
    '-newkey',
    'rsa:2048',
    '-nodes',
    '-subj',
    '/CN=localhost',
    '-keyout',
    key,
    '-out',
    cert,
  ];
  execFileSync('openssl', args, { stdio: 'ignore' });
  writeFileSync(pem, readFileSync(key, 'utf8') + readFileSync(cert, 'utf8'));
  return pem;
}

test('NODE_OPTIONS: a job that ends by itself is flushed, keeps its exit code; https is traced, threads are left alone', async (t) => {
  const sink = await grpcSink();
  const env = { ...JSON_LOG, NODE_OPTIONS: REGISTER, OTEL_EXPORTER_OTLP_ENDPOINT: sink.url };
  const { code, stderr } = await runNode([JOB, certificate()], env).done;
  t.is(code, 3, stderr);
  t.deepEqual(sink.spans.map((span) => span.kind).sort(), [2, 3]);
  t.is(new Set(sink.spans.map((span) => span.traceId)).size, 1);
  t.is(eventsIn(stderr, 'telemetry-attached').length, 1);
  t.is(eventsIn(stderr, 'flushed', { ended: 2, exported: 2, rejected: 0, spooled: 0, dropped: 0 }).length, 1);
  await sink.close();
});

test('a collector that is down changes no exit code and is accounted', async (t) => {
  const env = { ...JSON_LOG, NODE_OPTIONS: REGISTER, OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:1' };
  const { code, stderr } = await runNode([JOB, certificate()], env).done;
  t.is(code, 3, stderr);
  t.is(eventsIn(stderr, 'flushed', { ended: 2, exported: 0, rejected: 0, spooled: 2, dropped: 0 }).length, 1);
});

test('what one run could not deliver is sent by the next one', async (t) => {
  const sink = await grpcSink();
  const state = { ...JSON_LOG, NODE_OPTIONS: REGISTER, XDG_STATE_HOME: stateDir() };
  const pem = certificate();
  const down = { ...state, OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:1', KF_CLUSTER_DELIVERY: 'journal' };
  await runNode([JOB, pem], down).done;
  const { stderr } = await runNode([JOB, pem], { ...state, OTEL_EXPORTER_OTLP_ENDPOINT: sink.url }).done;
  t.is(sink.spans.length, 4);
  t.is(new Set(sink.spans.map(({ resource }) => resource['service.instance.id'])).size, 2);
  t.is(eventsIn(stderr, 'flushed', { ended: 2, exported: 4, rejected: 0, spooled: 0, dropped: 0 }).length, 1);
  await sink.close();
});

test('a bad setting stops the process before the app, with what, why and fix', async (t) => {
  const env = { OTEL_TRACES_SAMPLER: 'often', KF_CLUSTER_DELIVRY: 'journal' };
  const { code, stderr } = await runNode([REGISTER, JOB], env).done;
  t.regex(stderr, /KF_CLUSTER_DELIVRY is no option: did you mean KF_CLUSTER_DELIVERY\?/);
  t.is(code, 78);
  t.regex(stderr, /error OTEL_INVALID: OTEL_TRACES_SAMPLER is "often".*why: expected one of.*fix:/s);
});

test('OTEL_SDK_DISABLED: the app runs without telemetry', async (t) => {
  const env = { ...JSON_LOG, OTEL_SDK_DISABLED: 'true' };
  const { code, stderr } = await runNode([REGISTER, JOB, certificate()], env).done;
  t.is(code, 3);
  t.deepEqual([...eventsIn(stderr, 'telemetry-attached'), ...eventsIn(stderr, 'flushed')], []);
});

test('OTEL_LOG_LEVEL brings the diagnostics of the SDK into the log', async (t) => {
  const env = { NODE_OPTIONS: REGISTER, OTEL_LOG_LEVEL: 'debug', OTEL_TRACES_EXPORTER: 'none' };
  const { stderr } = await runNode([JOB, certificate()], env).done;
  t.regex(stderr, /\[kf-cluster\] otel: /);
});

for (const [how, env] of [
  ['with telemetry', { OTEL_TRACES_EXPORTER: 'none' }],
  ['without', { OTEL_SDK_DISABLED: 'true' }],
] as const) {
  test(`hooks of the app run, in order, at the natural end and at a signal: ${how}`, async (t) => {
    const hooks = `${root}test/fixtures/telemetry-single-hooks.mjs`;
    const ended = await runNode([REGISTER, hooks], env).done;
    t.deepEqual(ended.stdout.trim().split('\n'), ['postFork 0', 'ready', 'draining app-exit', 'preShutdown']);
    t.is(ended.code, 0, ended.stderr);
    const stays = runNode([REGISTER, hooks, 'stay'], env);
    await stays.prints('ready');
    stays.kill('SIGTERM');
    const { signal, stdout } = await stays.done;
    t.is(signal, 'SIGTERM');
    t.deepEqual(stdout.trim().split('\n'), ['postFork 0', 'ready', 'draining signal', 'preShutdown']);
  });
}
