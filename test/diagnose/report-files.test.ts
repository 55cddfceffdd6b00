import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import test, { type ExecutionContext } from 'ava';
import { planFor } from '../../src/diagnose/bootstrap/plan.js';
import { gatherFacts } from '../../src/diagnose/facts.js';
import type { Machine } from '../../src/diagnose/machine.js';
import { reportOf } from '../../src/diagnose/render.js';
import { archive } from '../../src/diagnose/report/archive.js';
import { gatherReport, type Live } from '../../src/diagnose/report/gather.js';
import { depends, installed, type SetUp, write } from './set-up.js';

const PROC: Readonly<Record<string, string>> = {
  '/proc/self/limits': 'Max open files 1024\n',
  '/proc/self/cgroup': '0::/shop\n',
};
const MACHINE: Machine = {
  readText: (path) => PROC[path],
  parallelism: 2,
  memory: 1e9,
  hostname: 'h',
  node: '24.1.0',
  isContainer: true,
};

async function factsOf(t: ExecutionContext, setUp: SetUp = {}) {
  const dir = write(t, setUp);
  const environment = { HOME: join(dir, 'home'), ...setUp.env };
  const input = { script: setUp.script ?? 'app.js', args: [], flags: setUp.flags ?? {}, environment, cwd: dir };
  return { dir, facts: await gatherFacts(input, MACHINE) };
}

/** The files of a report, read as what they are. */
async function report(t: ExecutionContext, setUp: SetUp = {}, live?: Live) {
  const { dir, facts } = await factsOf(t, setUp);
  const doctor = reportOf({ script: null, directory: dir }, [], []);
  const files = await gatherReport(facts, doctor, live, ({ name, workers }) => ({ name, workers }));
  return { dir, files, read: (name: string) => JSON.parse(files[name] ?? 'null') };
}

test('a report without a supervisor has what the machine and the project say, and nothing that ran', async (t) => {
  const { files, read } = await report(t, { files: { ...depends({ pg: '8' }), ...installed('pg', '8.1.0') } });
  t.deepEqual(Object.keys(files), [
    ...['doctor.json', 'versions.json', 'environment.json', 'config.json', 'spool.json', 'limits.json'],
  ]);
  t.like(read('versions.json'), { node: '24.1.0', packages: ['pg@8.1.0'], running: { node: process.versions.node } });
  t.deepEqual(read('limits.json'), {
    ...{ parallelism: 2, memory: 1e9, isContainer: true, cgroup: '0::/shop' },
    limits: ['Max open files 1024', ''],
  });
  t.is(read('doctor.json').version, 1);
});

test('what a supervisor said is in it as it came, a log line each', async (t) => {
  const live = { status: { phase: 'running' }, config: { workers: 2 }, lines: [{ seq: 1, text: 'a\nb' }, { seq: 2 }] };
  const { files, read } = await report(t, {}, live);
  t.deepEqual([read('status.json'), read('running-config.json')], [live.status, live.config]);
  t.is(files['log.txt'], '{"seq":1,"text":"a\\nb"}\n{"seq":2}\n');
});

test('variables that are known have their values, without secrets; others that begin alike their names alone', async (t) => {
  const env = {
    OTEL_SERVICE_NAME: 'shop',
    OTEL_EXPORTER_OTLP_HEADERS: 'kf-api-key=planted-1',
    KF_CLUSTER_WORKERS: '3',
    NODE_ENV: 'production',
    OTEL_NO_SUCH_THING: 'planted-2',
    KF_OTHER: 'planted-3',
    NODE_AUTH: 'planted-4',
    DATABASE_URL: 'planted-5',
    STRIPE: 'planted-6',
  };
  const { files, read } = await report(t, { env });
  const { variables, others } = read('environment.json');
  t.like(variables, { OTEL_SERVICE_NAME: 'shop', KF_CLUSTER_WORKERS: '3', NODE_ENV: 'production' });
  t.deepEqual(others, ['KF_OTHER', 'NODE_AUTH', 'OTEL_NO_SUCH_THING']);
  t.notRegex(Object.values(files).join(''), /planted|STRIPE|DATABASE_URL/);
});

test('the configuration is what a start would run with and where each part comes from, or why it would not run', async (t) => {
  const { read } = await report(t, { env: { KF_CLUSTER_WORKERS: '3' }, flags: { name: 'shop' } });
  t.deepEqual(read('config.json').config, { name: 'shop', workers: 3 });
  t.is(read('config.json').sources.workers, 'KF_CLUSTER_WORKERS');
  const wrong = await report(t, { flags: { 'drain-timeout': 'soon' } });
  t.regex(wrong.read('config.json').error, /no script/);
  const refused = await report(t, { env: { OTEL_TRACES_SAMPLER: 'sometimes' } });
  t.regex(refused.read('config.json').error, /^OTEL_INVALID: /);
  t.true(refused.read('config.json').why.length > 0);
  const none = await report(t, { script: 'gone.js' });
  t.deepEqual(none.read('config.json'), { error: 'no script' });
});

test('of the spool directory the names and sizes are in it, and nothing of what the files hold', async (t) => {
  const files = { 'spool/a/1.spans': 'planted', 'spool/owner': 'x' };
  const { dir, files: made, read } = await report(t, { files, flags: { 'spool-dir': './spool' } });
  const { dir: named, files: listed } = read('spool.json');
  t.is(named, join(dir, 'spool'));
  t.deepEqual(listed.map(({ name, bytes }: { name: string; bytes: number }) => `${name} ${bytes}`).sort(), [
    'a/1.spans 7',
    'owner 1',
  ]);
  t.notRegex(made['spool.json'] ?? '', /planted/);
  t.deepEqual((await report(t, { flags: { 'spool-dir': './none' } })).read('spool.json').files, []);
});

/** What an archive holds, read by the standard and not by what wrote it. */
function untar(bytes: Buffer): Record<string, string> {
  const tar = gunzipSync(bytes);
  const found: Record<string, string> = {};
  for (let at = 0; tar[at] !== 0; ) {
    const field = (from: number, length: number) =>
      tar.toString('latin1', at + from, at + from + length).replace(/[\0 ]+$/, '');
    const sum = tar.subarray(at, at + 512).reduce((total, byte, i) => total + (i >= 148 && i < 156 ? 32 : byte), 0);
    if (Number.parseInt(field(148, 8), 8) !== sum) throw new Error('checksum');
    const size = Number.parseInt(field(124, 12), 8);
    found[`${field(0, 100)} ${field(100, 8)} ${field(257, 6)}`] = tar.toString('utf8', at + 512, at + 512 + size);
    at += 512 + Math.ceil(size / 512) * 512;
  }
  return found;
}

test('an archive is read by the standard: names, modes, sizes in bytes, checksums, and blocks that are full', (t) => {
  const files = { 'a.json': '{}', empty: '', bytes: 'é'.repeat(300), full: 'x'.repeat(512) };
  const bytes = archive(files);
  t.deepEqual(
    untar(bytes),
    Object.fromEntries(Object.entries(files).map(([name, text]) => [`${name} 0000600 ustar`, text])),
  );
  t.is(gunzipSync(bytes).length % 512, 0);
  t.true(
    gunzipSync(bytes)
      .subarray(-1_024)
      .every((byte) => byte === 0),
  );
  t.deepEqual(archive(files), archive(files));
});

const OTEL = '@opentelemetry/instrumentation-pg';
const plan = async (t: ExecutionContext, files: SetUp['files'], workspace: readonly string[] = []) => {
  const { facts, dir } = await factsOf(t, { files: { ...files } });
  return planFor(
    facts,
    workspace.map((one) => join(dir, one)),
  );
};
const PG = { ...depends({ pg: '8' }), ...installed('pg', '8.13.0') };

test('bootstrap: the api is installed with the first instrumentation, exact, and not where it is there', async (t) => {
  const first = await plan(t, PG);
  t.deepEqual(first.command?.slice(0, 3), ['npm', 'install', '--save-exact']);
  t.regex(first.packages.join(' '), /^@opentelemetry\/api@\d+\.\d+\.\d+ @opentelemetry\/instrumentation-pg@\d[\d.]+$/);
  const has = await plan(t, { ...PG, ...installed('@opentelemetry/api', '1.9.0') });
  t.regex(has.packages.join(' '), /^@opentelemetry\/instrumentation-pg@[\d.]+$/);
});

test('bootstrap: what is there, not installed, or needs nothing is not installed again', async (t) => {
  const there = await plan(t, {
    ...depends({ pg: '8', [OTEL]: '0' }),
    ...installed('pg', '8.13.0'),
    ...installed(OTEL, '0.1.0'),
  });
  t.deepEqual(there, {
    entries: [{ library: 'pg', version: '8.13.0', advice: { type: 'there', package: OTEL } }],
    packages: [],
    command: undefined,
  });
  t.deepEqual((await plan(t, depends({ pg: '8' }))).entries, [], 'its version is not known');
  const axios = await plan(t, {
    ...depends({ axios: '1', left: '1' }),
    ...installed('axios', '1.7.0'),
    ...installed('left', '1.0.0'),
  });
  t.deepEqual(
    axios.entries.map(({ library, advice }) => [library, advice.type]),
    [['axios', 'nothing-needed']],
  );
});

test('bootstrap: the lockfile beside the app decides, then that of its workspace', async (t) => {
  const manager = async (files: SetUp['files'], workspace?: readonly string[]) =>
    (await plan(t, { ...PG, ...files }, workspace)).command?.slice(0, 3).join(' ');
  t.is(await manager({ 'yarn.lock': '' }), 'yarn add --exact');
  t.is(await manager({ 'pnpm-lock.yaml': '', 'package-lock.json': '' }), 'pnpm add --save-exact');
  t.is(await manager({ 'npm-shrinkwrap.json': '', 'all/yarn.lock': '' }, ['all']), 'npm install --save-exact');
  t.is(await manager({ 'all/yarn.lock': '' }, ['all']), 'yarn add --exact');
});
