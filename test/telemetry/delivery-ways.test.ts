import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { trace } from '@opentelemetry/api';
import { resourceFromAttributes } from '@opentelemetry/resources';
import { NodeTracerProvider } from '@opentelemetry/sdk-trace-node';
import test, { type ExecutionContext } from 'ava';
import { DOOR, doorway } from '../../hooks/app-hooks.js';
import type { Worker, WorkerHooks } from '../../hooks/types.js';
import { type ExportSettings, readSettings } from '../../src/otel-env/export-settings.js';
import type { DeliveryOptions } from '../../src/telemetry/built-in-options.js';
import { openSpool } from '../../src/telemetry/delivery.js';
import { createPipeline } from '../../src/telemetry/providers.js';
import { openSingleDoor } from '../../src/telemetry/single-hooks.js';
import { type Sink, startSink } from '../helpers/fault-sink.js';
import { tempDir } from '../helpers/spool.js';
import { keptLog } from '../supervisor/kept-log.js';

const HTTP = { OTEL_EXPORTER_OTLP_PROTOCOL: 'http/protobuf' };

/** A spool as the environment describes it, spans that end in it, and what was said. */
function opened(t: ExecutionContext, env: Record<string, string>, options: DeliveryOptions = {}) {
  const { log, lines } = keptLog();
  let refused = 0;
  const { targets } = readSettings(env);
  const spoolDir = join(tempDir(t), 'spool');
  const spool = openSpool(env, targets, { ...options, spoolDir }, log, () => refused++);
  t.teardown(() => spool.close());
  const provider = new NodeTracerProvider({ spanProcessors: [spool.processor] });
  const emit = (name: string) => provider.getTracer('app').startSpan(name).end();
  return { spool, emit, lines, spoolDir, refused: () => refused };
}

async function sinks(t: ExecutionContext, count: number): Promise<Sink[]> {
  const all = await Promise.all(Array.from({ length: count }, () => startSink('http')));
  for (const sink of all) t.teardown(sink.stop);
  return all;
}

/** Without its path: the base endpoint. */
const base = ({ port }: Sink) => `http://127.0.0.1:${port}`;

test('headers of a file win over those of the variable, and a signal’s own over the shared ones', async (t) => {
  const [sink] = await sinks(t, 1);
  const file = join(tempDir(t), 'headers');
  writeFileSync(file, 'x-key=of the file\n', { mode: 0o600 });
  const env = {
    ...{ ...HTTP, OTEL_EXPORTER_OTLP_ENDPOINT: base(sink!) },
    OTEL_EXPORTER_OTLP_HEADERS: 'x-key=shared,x-tenant=shared,x-all=yes',
    OTEL_EXPORTER_OTLP_TRACES_HEADERS: 'x-tenant=traces',
  };
  const { spool, emit, lines } = opened(t, env, { headersFile: file });
  emit('a');
  t.true(await spool.flush(60_000));
  const { headers } = sink!.requests[0]!;
  t.deepEqual([headers['x-key'], headers['x-tenant'], headers['x-all']], ['of the file', 'traces', 'yes']);
  t.false(JSON.stringify(lines()).includes('of the file'));
});

test('a signal that goes to another place has a connection of its own, and is waited for by nobody else', async (t) => {
  const [traces, logs] = await sinks(t, 2);
  const env = {
    ...{ ...HTTP, OTEL_EXPORTER_OTLP_ENDPOINT: base(traces!) },
    OTEL_EXPORTER_OTLP_LOGS_ENDPOINT: `${base(logs!)}/v1/logs`,
    OTEL_LOGS_EXPORTER: 'otlp',
  };
  const { spool, emit } = opened(t, env);
  const serialize = () => new Uint8Array([10, 0]);
  const way = spool.way<string[]>({
    ...{ signal: 'logs', serialize, count: (batch) => batch.length },
    divide: (batch) => batch.map((one) => [one]),
  });
  way.account.ended++;
  way.exporter.export(['record'], () => undefined);
  emit('span');
  t.true(await spool.flush(60_000));
  t.deepEqual([traces!.requests.length, logs!.requests.length], [1, 1]);
});

test('each request that has to be sent again is told to who asked for it, and so is what is refused for good not', async (t) => {
  const [sink] = await sinks(t, 1);
  sink!.answer = (_request, index) => (index === 0 ? { type: 'http', status: 503 } : { type: 'ok' });
  const { spool, emit, refused } = opened(t, { ...HTTP, OTEL_EXPORTER_OTLP_ENDPOINT: base(sink!) });
  emit('a');
  t.true(await spool.flush(60_000));
  t.is(refused(), 1);
  sink!.answer = () => ({ type: 'http', status: 400 });
  emit('b');
  t.true(await spool.flush(60_000));
  t.is(refused(), 1);
});

test('what could not be delivered is one event with the cause, the count and what to do', async (t) => {
  const [sink] = await sinks(t, 1);
  sink!.answer = () => ({ type: 'http', status: 400 });
  const { spool, emit, lines } = opened(t, { ...HTTP, OTEL_EXPORTER_OTLP_ENDPOINT: base(sink!) });
  emit('bad');
  t.true(await spool.flush(60_000));
  const said = lines().filter(({ event }) => event === 'not-delivered');
  t.is(said.length, 1);
  t.like(said[0], { level: 'warn', cause: 'non_retryable', spans: 1 });
  t.truthy(said[0]!.fix);
});

test('delivery from memory touches no disk, whatever else is set for it', async (t) => {
  const env = { ...HTTP, OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:1' };
  const { spool, emit, spoolDir } = opened(t, env, { delivery: 'memory', journalStarts: true, spoolMaxBytes: 1 });
  emit('a');
  await spool.recover();
  spool.drainSync();
  t.false(existsSync(spoolDir));
  t.is(spool.account('traces').dropped.expired, 1);
});

test('with the journal each span is on disk at once, or with its turn', async (t) => {
  const env = { ...HTTP, OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:1' };
  const each = opened(t, env, { delivery: 'journal', journalPer: 'span' });
  each.emit('a');
  t.is(each.spool.account('traces').spooled, 1);
  const turn = opened(t, env, { delivery: 'journal' });
  turn.emit('a');
  t.is(turn.spool.account('traces').spooled, 0);
  await new Promise(setImmediate);
  t.is(turn.spool.account('traces').spooled, 1);
});

/** The pipeline of a worker with these exporters, and the lines that it prints. */
function pipelineOf(t: ExecutionContext, env: Record<string, string>) {
  const settings: ExportSettings = readSettings(env);
  const { log } = keptLog();
  const spool = settings.exporters.traces.includes('otlp')
    ? openSpool(env, settings.targets, { spoolDir: join(tempDir(t), 'spool') }, log)
    : undefined;
  const worker = { slot: 1, pid: 7 } as Worker;
  const resource = resourceFromAttributes({ 'service.name': 'shop' });
  const pipeline = createPipeline({ worker, env, settings, options: {}, resource, spool, signals: undefined });
  t.teardown(() => pipeline.close());
  return pipeline;
}

test.serial(
  'two exporters get each span, and the account is that of the first; nobody prints what nobody asked for',
  async (t) => {
    const { write } = process.stdout;
    let printed = '';
    process.stdout.write = ((text: string, done?: () => void) => {
      printed += text;
      done?.();
      return true;
    }) as typeof write;
    t.teardown(() => {
      process.stdout.write = write;
    });
    const [sink] = await sinks(t, 1);
    const env = { ...HTTP, OTEL_EXPORTER_OTLP_ENDPOINT: base(sink!), OTEL_TRACES_EXPORTER: 'otlp,console' };
    const both = pipelineOf(t, env);
    both.provider.getTracer('app').startSpan('twice').end();
    const { account, gaveUp } = await both.flush(performance.now() + 60_000);
    t.like(account, { ended: 1, exported: 1 });
    t.false(gaveUp);
    t.deepEqual([[...sink!.spans.keys()], JSON.parse(printed).name], [['twice'], 'twice']);
    const none = pipelineOf(t, { OTEL_TRACES_EXPORTER: 'none' });
    none.provider.getTracer('app').startSpan('nowhere').end();
    t.is(none.look, undefined);
    t.like(none.close(), { ended: 0, exported: 0 });
    t.is(printed.trim().split('\n').length, 1);
  },
);

test('a flush that comes to its deadline gives up, and what is left is on disk', async (t) => {
  const env = { ...HTTP, OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:1' };
  const pipeline = pipelineOf(t, env);
  await pipeline.warm();
  pipeline.provider.getTracer('app').startSpan('late').end();
  const { account, gaveUp } = await pipeline.flush(performance.now() - 1);
  t.true(gaveUp);
  t.like(account, { spooled: 1, pending: 0 });
});

test('the sampler of the environment decides, for spans of the supervisor too', async (t) => {
  const [sink] = await sinks(t, 1);
  const env = { ...HTTP, OTEL_EXPORTER_OTLP_ENDPOINT: base(sink!), OTEL_TRACES_SAMPLER: 'always_off' };
  const pipeline = pipelineOf(t, env);
  pipeline.provider.getTracer('app').startSpan('dropped').end();
  const life = {
    name: 'reload',
    traceId: 'a'.repeat(32),
    spanId: 'b'.repeat(16),
    attributes: {},
    events: [],
    children: [],
  };
  await pipeline.record([{ ...life, start: Date.now(), end: Date.now() }]);
  const { account } = await pipeline.flush(performance.now() + 60_000);
  t.like(account, { ended: 0 });
  t.is(trace.getActiveSpan(), undefined);
});

/** A process of its own with hooks of the app: what ran, in order. */
function door(t: ExecutionContext, own: WorkerHooks = {}) {
  const { log, lines } = keptLog();
  const ran: string[] = [];
  t.teardown(() => delete doorway[DOOR]);
  const note = (what: string) => async () => void ran.push(what);
  const builtIn = { onDraining: note('telemetry draining'), preShutdown: note('telemetry flush'), ...own };
  const end = openSingleDoor(builtIn, { log } as Worker);
  return { end, ran, note, lines, add: (hooks: WorkerHooks) => doorway[DOOR]!.add(hooks) };
}

test.serial(
  'hooks of the app run when they are added, and at the end, the last one first and the flush last',
  async (t) => {
    const { end, ran, note, add } = door(t);
    await add({ postFork: note('a fork'), onWorkerReady: note('a ready'), preShutdown: note('a end') });
    await add({ onDraining: note('b draining'), preShutdown: note('b end') });
    t.deepEqual(ran.splice(0), ['a fork', 'a ready']);
    await end('signal');
    t.deepEqual(ran.splice(0, 2).sort(), ['b draining', 'telemetry draining']);
    t.deepEqual(ran, ['b end', 'a end', 'telemetry flush']);
  },
);

test.serial(
  'a hook that throws at the end is said, and the flush runs; one that throws when it is added is thrown',
  async (t) => {
    const { end, ran, lines, add } = door(t);
    const fail = () => {
      throw new Error('theirs');
    };
    await add({ onDraining: fail, preShutdown: fail });
    await end('app-exit');
    t.true(ran.includes('telemetry flush'));
    t.is(lines().filter(({ level }) => level === 'error').length, 2);
    await t.throwsAsync(add({ postFork: fail }), { code: 'HOOK_FAILED' });
  },
);

test.serial('hooks hear why the process ends, and until when they are waited for', async (t) => {
  const heard: unknown[] = [];
  const { end, add } = door(t);
  const before = performance.now();
  await add({ preShutdown: (_worker, { reason, deadline }) => void heard.push(reason, deadline - before) });
  await end('signal');
  t.is(heard[0], 'signal');
  t.true(Number(heard[1]) >= 5_000 && Number(heard[1]) < 60_000);
});
