import { once } from 'node:events';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { trace } from '@opentelemetry/api';
import test, { type ExecutionContext } from 'ava';
import type { Worker } from '../../hooks/types.js';
import { API_GLOBAL, processWide } from '../../src/contract/process-wide.js';
import type { TelemetryOptions } from '../../src/telemetry/built-in-options.js';
import { joinProvider, startTelemetry } from '../../src/telemetry/index.js';
import { type Sink, startSink } from '../helpers/fault-sink.js';
import { tree } from '../helpers/tree.js';
import { keptLog } from '../supervisor/kept-log.js';

interface Given {
  readonly env?: Readonly<Record<string, string>>;
  readonly options?: TelemetryOptions;
  /** What the app lists. */
  readonly dependencies?: Readonly<Record<string, string>>;
}

/** The telemetry of a worker of an app in a folder of its own, as its environment says; one at a time in this process. */
async function started(t: ExecutionContext, { env = {}, options = {}, dependencies = {} }: Given) {
  const dir = tree(t, {
    'app.cjs': '',
    'package.json': JSON.stringify({ name: 'shop', version: '1.0.0', dependencies }),
  });
  const before = { ...process.env };
  for (const name of Object.keys(process.env)) if (name.startsWith('OTEL_')) delete process.env[name];
  Object.assign(process.env, env);
  t.teardown(() => {
    for (const name of Object.keys(env)) delete process.env[name];
    Object.assign(process.env, before);
    delete processWide[API_GLOBAL];
  });
  const { log, lines } = keptLog();
  const script = join(dir, 'app.cjs');
  const worker = { slot: 2, generation: 3, pid: process.pid, instanceId: 'id', name: 'shop', script, log } as Worker;
  const spoolDir = join(dir, 'spool');
  const telemetry = await startTelemetry(worker, { spoolDir, projectDirs: [dir], ...options });
  t.teardown(() => telemetry?.close());
  return { telemetry, lines, script, event: (name: string) => lines().find(({ event }) => event === name) };
}

async function collector(t: ExecutionContext): Promise<{ sink: Sink; env: Record<string, string> }> {
  const sink = await startSink('http');
  t.teardown(sink.stop);
  const endpoint = `http://me:secret@127.0.0.1:${sink.port}`;
  return { sink, env: { OTEL_EXPORTER_OTLP_ENDPOINT: endpoint, OTEL_EXPORTER_OTLP_PROTOCOL: 'http/protobuf' } };
}

const soon = () => ({ deadline: performance.now() + 60_000 });

test.serial('OTEL_SDK_DISABLED: nothing is set up, and that is said', async (t) => {
  const { telemetry, lines } = await started(t, { env: { OTEL_SDK_DISABLED: 'true' } });
  t.is(telemetry, undefined);
  t.like(lines()[0], { level: 'info', why: 'OTEL_SDK_DISABLED=true' });
  t.is(lines().length, 1);
});

test.serial('telemetry auto: where a preload has set up a provider nothing of ours is', async (t) => {
  trace.setGlobalTracerProvider({ getTracer: () => ({}) as never });
  const { telemetry, event } = await started(t, { options: { telemetry: 'auto' } });
  t.is(telemetry, undefined);
  t.truthy(event('telemetry-steps-back'));
  trace.disable();
});

test.serial('a wrong variable is thrown before anything is set up', async (t) => {
  const env = { OTEL_TRACES_SAMPLER: 'sometimes' };
  await t.throwsAsync(started(t, { env }), { code: 'OTEL_INVALID' });
});

test.serial(
  'spans go to the collector of the environment, and what was set up is said without its secrets',
  async (t) => {
    const { sink, env } = await collector(t);
    const { telemetry, event, lines } = await started(t, { env, options: { autoInstrumentation: false } });
    await telemetry!.warm();
    telemetry!.provider.getTracer('app').startSpan('one').end();
    telemetry!.hurry();
    const { account, gaveUp } = await telemetry!.flush(soon());
    t.deepEqual([[...sink.spans.keys()], gaveUp], [['one'], false]);
    t.like(account, { ended: 1, exported: 1 });
    t.like(event('telemetry-attached'), {
      endpoint: `http://127.0.0.1:${sink.port}/v1/traces`,
      instrumentations: 'none',
    });
    t.false(JSON.stringify(lines()).includes('secret'));
    t.deepEqual([telemetry!.others.meterProvider, telemetry!.scrape], [undefined, undefined]);
  },
);

test.serial('what earlier workers have left is sent, and so is what happened to the supervisor', async (t) => {
  const { sink, env } = await collector(t);
  const { telemetry } = await started(t, { env, options: { autoInstrumentation: false } });
  await telemetry!.recover({ ends: [], running: [] });
  const life = {
    name: 'reload',
    traceId: 'a'.repeat(32),
    spanId: 'b'.repeat(16),
    attributes: {},
    events: [],
    children: [],
  };
  await telemetry!.record([{ ...life, start: Date.now() - 5, end: Date.now() }]);
  await telemetry!.flush(soon());
  t.deepEqual([...sink.spans.keys()], ['reload']);
});

test.serial('metrics are scraped where that exporter is asked for, with those of our own account', async (t) => {
  const { env } = await collector(t);
  const asked = { ...env, OTEL_METRICS_EXPORTER: 'prometheus' };
  const { telemetry } = await started(t, { env: asked, options: { autoInstrumentation: false } });
  telemetry!.others.meterProvider?.getMeter('app').createCounter('orders').add(3);
  const text = await telemetry!.scrape!();
  t.regex(text, /^orders_total\{.*\} 3$/m);
  t.regex(text, /^otel_sdk_exporter_span_exported_total\{/m);
});

/** Answers each request from inside of its span. */
async function serving(t: ExecutionContext): Promise<string> {
  const server = http.createServer((request, response) => {
    trace.getTracer('app').startSpan(`work for ${request.url}`).end();
    response.end();
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.teardown(() => server.close());
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

test.serial('requests have a SERVER span and what they do is below it, once the provider is joined', async (t) => {
  // A collector in this process would have a span for each request that brings it spans.
  const env = { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:1' };
  const { telemetry, script, lines } = await started(t, {
    env: { ...env, OTEL_NODE_DISABLED_INSTRUMENTATIONS: 'undici' },
    dependencies: { '@opentelemetry/instrumentation-pg': '1' },
  });
  t.true(
    lines().some(({ package: from }) => from === '@opentelemetry/instrumentation-pg'),
    'it is not installed',
  );
  const { problems } = await joinProvider(telemetry!.provider, { script });
  t.deepEqual(problems, []);
  const { seen, stop } = telemetry!.look!({}, () => undefined);
  const url = await serving(t);
  const [response] = (await once(http.get(`${url}/orders?key=1`), 'response')) as [http.IncomingMessage];
  response.resume();
  await once(response, 'end');
  const { account } = await telemetry!.flush({ deadline: performance.now() - 1 });
  const { spans } = seen();
  stop();
  const kinds = new Map(spans.map((span) => [span.kind, span]));
  t.is(kinds.get('internal')?.parentId, kinds.get('server')?.spanId);
  t.is(kinds.get('server')?.parentId, kinds.get('client')?.spanId);
  t.like(account, { ended: 3, spooled: 3 });
  const patched = telemetry!.instrumentations().flatMap(({ name, state }) => (state === 'patched' ? [name] : []));
  t.true(
    ['http', 'http-server', 'http2'].every((name) => patched.includes(name)),
    patched.join(),
  );
  t.false(patched.includes('undici'));
  telemetry!.reportProblems();
});
