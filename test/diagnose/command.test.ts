import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { join } from 'node:path';
import test from 'ava';
import { probeCollector } from '../../src/diagnose/collector/collector-probe.js';
import type { Report } from '../../src/diagnose/render.js';
import { kf } from '../helpers/cli.js';
import { OWN_PLACE } from '../helpers/own-place.js';
import { root } from '../helpers/run-node.js';
import { write } from './set-up.js';

/** Seconds of processor time, of all its processes: the clock of a busy machine proves nothing. */
function processorSeconds(args: readonly string[], cwd: string): Promise<number> {
  const { PATH = '' } = process.env;
  const script = 'TIMEFORMAT="%U %S"; time "$@" > out.txt';
  const command = [process.execPath, join(root, 'dist/bundle/bin.cjs'), ...args];
  return new Promise((resolve, reject) => {
    const env = { PATH, HOME: cwd, ...OWN_PLACE };
    execFile('bash', ['-c', script, '-', ...command], { cwd, env }, (error, _stdout, stderr) => {
      if (error) return reject(error);
      const times = stderr.trim().split('\n').at(-1)!.split(' ').map(Number);
      resolve(times.reduce((sum, one) => sum + one, 0));
    });
  });
}

test('doctor takes less than 2 s offline, and less than 5 s with a collector that says nothing', async (t) => {
  const dir = write(t, { links: ['@opentelemetry/api', 'express', '@opentelemetry/instrumentation-express'] });
  const offline = await processorSeconds(['doctor', 'app.js', '--offline'], dir);
  t.true(offline > 0.05 && offline < 2, `${offline}`);
  const silent = createServer(() => undefined).listen(0, '127.0.0.1');
  t.teardown(() => silent.close());
  await new Promise((resolve) => silent.once('listening', resolve));
  const { port } = silent.address() as AddressInfo;
  const begun = performance.now();
  const env = { OTEL_EXPORTER_OTLP_ENDPOINT: `http://127.0.0.1:${port}` };
  const probed = await probeCollector({ env, captureLogs: false, headersFile: undefined, service: 'shop' });
  const ms = performance.now() - begun;
  t.true(ms < 6_500, `${ms}: 4.5 s is its limit, the rest is the machine's`);
  t.not(probed.signals[0]?.sent?.outcome.type, 'accepted');
});

test('doctor: 0 and no finding for a healthy app, offline', async (t) => {
  const dir = write(t, {});
  const { code, stdout, stderr } = await kf(['doctor', 'app.js', '--offline'], dir, { HOME: dir });
  t.is(code, 0, stderr);
  t.regex(stdout, /^kf-cluster doctor {2}.*app\.js\n\n\d+ checks: 0 errors, 0 warnings, 0 for information\n$/);
  t.false(existsSync(join(dir, '.local')), 'nothing is left behind');
});

test('doctor: an error is 1, a warning is 0 and with --strict 1, as text and as JSON', async (t) => {
  const dir = write(t, {});
  const warned = { HOME: dir, OTEL_TRACES_SAMPLER: 'always_off' };
  const lenient = await kf(['doctor', 'app.js', '--offline'], dir, warned);
  t.is(lenient.code, 0);
  t.regex(lenient.stdout, /^warning sampler-off: the sampler is always_off$/m);
  t.regex(lenient.stdout, /^ {2}fix: Unset OTEL_TRACES_SAMPLER/m);
  t.is((await kf(['doctor', 'app.js', '--offline', '--strict'], dir, warned)).code, 1);
  const wrong = await kf(['doctor', 'app.js', '--offline', '--json'], dir, { HOME: dir, OTEL_TRACES_SAMPLER: 'never' });
  t.is(wrong.code, 1);
  const report = JSON.parse(wrong.stdout) as Report;
  t.is(report.version, 1);
  t.deepEqual(report.summary, { error: 1, warning: 0, information: 0 });
  t.is(report.findings[0]!.id, 'configuration');
});

test('doctor: wrong usage is 2', async (t) => {
  const dir = write(t, {});
  t.is((await kf(['doctor', 'app.js', '--offlin'], dir)).code, 2);
  const missing = await kf(['doctor', 'app.js', '--offline', '--collector-config', 'none.yaml'], dir);
  t.is(missing.code, 2);
  t.regex(missing.stderr, /BAD_FLAG: --collector-config is none\.yaml/);
});

test('doctor: the options of a start count', async (t) => {
  const dir = write(t, {});
  const flags = ['--traces-sampler', 'always_off', '--service_name', 'shop-7d9c5b8f4d-x2x9z'];
  const { stdout } = await kf(['doctor', 'app.js', '--offline', '--json', ...flags], dir, { HOME: dir });
  const ids = (JSON.parse(stdout) as Report).findings.map(({ id }) => id);
  t.deepEqual(ids.sort(), ['sampler-off', 'service-name-of-instance']);
});

test('doctor --collector-config: its checks are made too', async (t) => {
  const dir = write(t, {
    files: { 'otelcol.txt': 'receivers: {otlp: {protocols: {http: {endpoint: "0.0.0.0:4318"}}}}\n' },
  });
  const args = ['doctor', 'app.js', '--offline', '--json', '--collector-config', 'otelcol.txt'];
  const { stdout, stderr } = await kf(args, dir, { HOME: dir });
  const ids = (JSON.parse(stdout) as Report).findings.map(({ id }) => id);
  t.deepEqual(ids, ['collector-receiver', 'collector-pipeline'], stderr);
});
