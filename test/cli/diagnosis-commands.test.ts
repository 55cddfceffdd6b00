import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import test from 'ava';
import { depends, installed, write } from '../diagnose/set-up.js';
import { startSink } from '../helpers/fault-sink.js';
import { tree } from '../helpers/tree.js';
import { errorIn, run, runIn, setEnv } from './run-here.js';
import { running, runtimeDir } from './running-here.js';

const runtime = runtimeDir();

const QUIET = ['--traces-exporter', 'none', '--name', 'kf-cli-diagnosis'];

test.serial('doctor --offline: what is wrong is on stdout with its fix, and its exit code is for CI', async (t) => {
  const dir = write(t, { files: { 'kf-cluster.config.json': { workers: 4, drainTimeout: '1s' } } });
  const fine = await runIn(dir, 'doctor', 'app.js', '--offline', '--json', ...QUIET);
  const report = JSON.parse(fine.out);
  t.is(report.summary.error, 0, fine.out);
  t.is(fine.code, 0);
  const broken = await runIn(dir, 'doctor', 'gone.js', '--offline', '--json', ...QUIET);
  t.is(broken.code, 1);
  t.true(JSON.parse(broken.out).summary.error > 0);
  t.regex((await runIn(dir, 'doctor', 'gone.js', '--offline', ...QUIET)).out, /gone\.js/);
});

test.serial('doctor --strict: a warning alone ends with 1', async (t) => {
  const dir = write(t, { files: { Dockerfile: 'FROM node:24\nCMD npx kf-cluster start app.js\n' } });
  const args = ['doctor', 'app.js', '--offline', '--json', ...QUIET];
  const lenient = await runIn(dir, ...args);
  const { summary } = JSON.parse(lenient.out);
  t.true(summary.warning > 0 && summary.error === 0, lenient.out);
  t.is(lenient.code, 0);
  t.is((await runIn(dir, ...args, '--strict')).code, 1);
});

for (const [given, isRight] of [
  ['0', true],
  ['-1', false],
  ['121', false],
  ['x', false],
  ['1e9', false],
] as const) {
  test.serial(
    `doctor --live --seconds ${given} is ${isRight ? 'taken' : 'refused before anybody is asked'}`,
    async (t) => {
      const { code, err } = await run('doctor', '--live', 'nobody', `--seconds=${given}`);
      t.is(code, isRight ? 3 : 2, err);
      t.is(errorIn(err).code, isRight ? 'NOT_RUNNING' : 'BAD_FLAG');
    },
  );
}

test.serial('doctor --live asks a supervisor that runs', async (t) => {
  await running(t, 'shop');
  const { code, out, err } = await run('doctor', '--live', 'shop', '--seconds', '0', '--json');
  t.is(err, '');
  const report = JSON.parse(out);
  t.is(code, report.summary.error > 0 ? 1 : 0);
  t.is(report.directory ?? report.target?.directory, 'shop');
});

test.serial('smoke: a span that a collector has acknowledged, with its trace and where it went', async (t) => {
  const sink = await startSink('http');
  t.teardown(() => sink.stop());
  const dir = write(t, {});
  const to = ['--exporter-otlp-endpoint', sink.url, '--exporter-otlp-protocol', 'http/protobuf'];
  const { code, out, err } = await runIn(dir, 'smoke', 'app.js', '--service-name', 'shop', ...to);
  t.is(code, 0, err);
  const [, trace = ''] = /^acknowledged by \S+ in \d+ ms: trace ([0-9a-f]{32}), service shop, span "/.exec(out) ?? [];
  t.not(trace, '', out);
  t.is(sink.spans.size, 1);
});

test.serial('smoke: a collector that refuses a part, or all of it, is a failure that says what to do', async (t) => {
  const sink = await startSink('http');
  t.teardown(() => sink.stop());
  setEnv(t, { OTEL_EXPORTER_OTLP_HEADERS: 'api-key=hunter2' });
  const dir = write(t, {});
  const args = ['smoke', 'app.js', '--exporter-otlp-endpoint', sink.url, '--exporter-otlp-protocol', 'http/protobuf'];
  for (const answer of [
    { type: 'partial', rejected: 1 },
    { type: 'http', status: 401 },
    { type: 'http', status: 404 },
  ] as const) {
    sink.answer = () => answer;
    const { code, out, err } = await runIn(dir, ...args);
    t.deepEqual([code, out], [69, ''], JSON.stringify(answer));
    t.is(errorIn(err).code, 'UNREACHABLE');
    t.not(errorIn(err).fix, '');
    t.false(err.includes('hunter2'));
  }
});

for (const [what, flags, why] of [
  ['no telemetry', ['--no-telemetry'], /--no-telemetry/],
  ['no exporter of spans', ['--traces-exporter', 'none'], /OTEL_TRACES_EXPORTER/],
] as const) {
  test.serial(`smoke with ${what} sends nothing, and says who has said so`, async (t) => {
    const { code, err } = await runIn(write(t, {}), 'smoke', 'app.js', ...flags);
    t.is(code, 1);
    t.is(errorIn(err).code, 'BAD_CALL');
    t.regex(errorIn(err).why, why);
  });
}

test.serial(
  'smoke of an app that is not there is the error of a start; --url needs a supervisor that runs',
  async (t) => {
    const { code, err } = await runIn(write(t, {}), 'smoke', 'gone.js');
    t.deepEqual([code, errorIn(err).code], [2, 'SCRIPT_NOT_FOUND']);
    t.is((await run('smoke', '--url', 'http://127.0.0.1:1/')).code, 3);
  },
);

test.serial('report: an archive for its user alone, with no secret in it, that overwrites nothing', async (t) => {
  const dir = write(t, { files: { '.env': 'API_TOKEN=hunter2hunter2\n' } });
  setEnv(t, { OTEL_EXPORTER_OTLP_HEADERS: 'api-key=hunter2hunter2' });
  const flags = ['--offline', ...QUIET];
  const { code, out, err } = await runIn(dir, 'report', 'app.js', '--out', 'r.tar.gz', ...flags);
  t.is(code, 0, err);
  const file = join(dir, 'r.tar.gz');
  t.true(out.startsWith(`${file}\n`));
  t.is(statSync(file).mode & 0o777, 0o600);
  const text = gunzipSync(readFileSync(file)).toString('latin1');
  for (const name of out.split('\n')[1]?.split(', ') ?? []) t.true(text.includes(name), name);
  t.false(text.includes('hunter2hunter2'));
  const again = await runIn(dir, 'report', 'app.js', '--out', 'r.tar.gz', ...flags);
  t.is(again.code, 1);
  t.like(errorIn(again.err), { code: 'BAD_CALL', what: `${file} is there already` });
});

test.serial(
  'report: what the running supervisor logs is in it; a secret there stops it, unless left out',
  async (t) => {
    const dir = write(t, {});
    const { ring } = await running(t, 'leaky');
    ring.own('[kf-cluster] a line of the log');
    const flags = ['--offline', '--traces-exporter', 'none', '--name', 'leaky'];
    t.is((await runIn(dir, 'report', 'app.js', '--out', 'a.tgz', ...flags)).code, 0);
    t.true(gunzipSync(readFileSync(join(dir, 'a.tgz'))).includes('a line of the log'));
    setEnv(t, { OTEL_EXPORTER_OTLP_HEADERS: 'api-key=hunter2hunter2' });
    ring.own('[app] the key is hunter2hunter2');
    const { code, err } = await runIn(dir, 'report', 'app.js', '--out', 'b.tgz', ...flags);
    t.deepEqual([code, errorIn(err).code], [1, 'REFUSED']);
    t.regex(errorIn(err).fix, /--no-logs/);
    t.false(err.includes('hunter2'));
    t.false(existsSync(join(dir, 'b.tgz')));
    t.is((await runIn(dir, 'report', 'app.js', '--out', 'b.tgz', '--no-logs', ...flags)).code, 0);
  },
);

test.serial('bootstrap lists what each library needs, as text and as JSON, and installs nothing unasked', async (t) => {
  const files = {
    ...depends({ express: '^4.0.0', 'left-pad': '1.0.0' }),
    ...installed('express', '4.21.0'),
    ...installed('left-pad', '1.0.0'),
  };
  const dir = write(t, { files });
  const { code, out } = await runIn(dir, 'bootstrap');
  t.is(code, 0);
  t.regex(out, /^add +express 4\.21\.0: @opentelemetry\/instrumentation-express /m);
  t.regex(out, /\nnext: npm install .*instrumentation-express/);
  t.notRegex(out, /left-pad/);
  const plan = JSON.parse((await runIn(dir, 'bootstrap', '--json')).out);
  t.is(plan.entries[0].library, 'express');
  t.is((await runIn(dir, 'bootstrap', '-a', 'install', '--dry-run')).out, out);
  t.false(existsSync(join(dir, 'node_modules/@opentelemetry')));
});

test.serial('bootstrap of an app without dependencies has nothing to say; another action is wrong usage', async (t) => {
  const dir = write(t, {});
  const { code, out } = await runIn(dir, 'bootstrap', '-a', 'install');
  t.deepEqual([code, out], [0, 'no direct dependency is known to need an instrumentation\n']);
  const wrong = await runIn(dir, 'bootstrap', '--action', 'instal');
  t.deepEqual([wrong.code, errorIn(wrong.err).code], [2, 'BAD_FLAG']);
});

test.serial('mcp: a recorded session that is not there is said on stderr, and nothing is answered', async (t) => {
  const { code, out, err } = await run('mcp', `${runtime}/none.jsonl`);
  t.deepEqual([code, out, errorIn(err).code], [1, '', 'SYSTEM']);
  t.regex(errorIn(err).fix, /dev --record/);
});

for (const [what, args, fix] of [
  ['a port that is none', ['dev', 'app.js', '--page-port', '70000'], /--page-port 4319/],
  ['a port that is a word', ['dev', 'app.js', '--page-port', 'x'], /--page-port 4319/],
  ['an app that nobody runs', ['dev', 'app.js', '--listen-only'], /Leave one/],
  ['an app that is not there', ['dev', 'gone.js'], /./],
] as const) {
  test.serial(`dev refuses ${what}, and starts nothing`, async (t) => {
    const dir = tree(t, { 'app.js': '' });
    writeFileSync(join(dir, 'package.json'), '{}');
    const { code, out, err } = await runIn(dir, ...args);
    t.deepEqual([code, out], [2, '']);
    t.regex(errorIn(err).fix, fix);
  });
}
