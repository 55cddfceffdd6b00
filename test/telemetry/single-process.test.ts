import { join } from 'node:path';
import { trace } from '@opentelemetry/api';
import test, { type ExecutionContext } from 'ava';
import { openSingle } from '../../src/telemetry/single.js';
import { startSink } from '../helpers/fault-sink.js';
import { tree } from '../helpers/tree.js';

/** The telemetry of this process as that of an app in a folder of its own, with what is said on stderr. */
async function opened(t: ExecutionContext, env: Readonly<Record<string, string>>) {
  const dir = tree(t, { 'job.cjs': '', 'package.json': JSON.stringify({ name: 'night-job', version: '2.0.0' }) });
  const before = { ...process.env };
  const { write } = process.stderr;
  const said: string[] = [];
  for (const name of Object.keys(before)) if (/^(OTEL_|KF_CLUSTER_)/.test(name)) delete process.env[name];
  Object.assign(process.env, { KF_CLUSTER_LOG_FORMAT: 'json', KF_CLUSTER_SPOOL_DIR: join(dir, 'spool') }, env);
  process.stderr.write = (text: string | Uint8Array) => {
    said.push(String(text));
    return true;
  };
  t.teardown(() => {
    process.stderr.write = write;
    for (const name of Object.keys(process.env)) if (!(name in before)) delete process.env[name];
    Object.assign(process.env, before);
  });
  const single = await openSingle(join(dir, 'job.cjs'));
  return { single, lines: () => said.map((text): Record<string, unknown> => JSON.parse(text)) };
}

test.serial('a wrong value is an error with its code before anything is set up', async (t) => {
  await t.throwsAsync(opened(t, { KF_CLUSTER_TELEMETRY: 'sometimes' }), { code: 'ENV_INVALID' });
  await t.throwsAsync(opened(t, { OTEL_TRACES_SAMPLER: 'sometimes' }), { code: 'OTEL_INVALID' });
});

test.serial('without telemetry nothing is registered, and a flush has nothing to wait for', async (t) => {
  const { single, lines } = await opened(t, { KF_CLUSTER_TELEMETRY: 'false' });
  await single.flush();
  t.false(trace.getTracer('app').startSpan('x').isRecording());
  t.deepEqual(lines(), []);
});

test.serial(
  'a variable that no option reads is named with the one that was meant, as far as the level lets it',
  async (t) => {
    const env = { KF_CLUSTER_TELEMETRY: 'false', KF_CLUSTER_SPOOL_DIRR: '/x' };
    const { lines } = await opened(t, env);
    t.is(lines().length, 1);
    t.is(lines()[0]?.level, 'warn');
    t.true(String(lines()[0]?.msg).endsWith('KF_CLUSTER_SPOOL_DIR?'));
    t.deepEqual((await opened(t, { ...env, KF_CLUSTER_LOG_LEVEL: 'error' })).lines(), []);
  },
);

test.serial(
  'what the process has ended arrives with a flush; a second one sends nothing twice, and says the account no more',
  async (t) => {
    const sink = await startSink('http');
    t.teardown(sink.stop);
    const { single, lines } = await opened(t, {
      OTEL_EXPORTER_OTLP_ENDPOINT: `http://127.0.0.1:${sink.port}`,
      OTEL_EXPORTER_OTLP_PROTOCOL: 'http/protobuf',
      KF_CLUSTER_EXCLUDE_URLS: '.', // the collector is a server of this process
    });
    const tracer = trace.getTracer('app');
    tracer.startSpan('first').end();
    await single.flush();
    t.deepEqual([...sink.spans], [['first', 1]]);
    await single.flush();
    const accounts = lines().filter(({ ended }) => ended !== undefined);
    t.deepEqual([...sink.spans], [['first', 1]]);
    t.is(accounts.length, 1);
    t.like(accounts[0], { ended: 1, exported: 1, spooled: 0, dropped: 0 });
    tracer.startSpan('behind it').end();
    await single.flush();
    t.deepEqual(
      [...sink.spans].map(([name]) => name),
      ['first', 'behind it'],
    );
    t.like(lines().at(-1), { ended: 2, exported: 2, spooled: 0, dropped: 0 });
  },
);
