import * as fs from 'node:fs';
import { join } from 'node:path';
import { context, SpanKind, trace } from '@opentelemetry/api';
import { resourceFromAttributes } from '@opentelemetry/resources';
import { NodeTracerProvider } from '@opentelemetry/sdk-trace-node';
import test, { type ExecutionContext } from 'ava';
import { startReceiver } from '../../../src/dev/receiver.js';
import { connector, createSpool, type SpoolOptions } from '../../../src/telemetry/outbox/index.js';
import { nodePorts } from '../../../src/telemetry/outbox/outbox-ports.js';
import { endInterrupted } from '../../../src/telemetry/outbox/recover/interrupted.js';
import { receiverPorts } from '../../helpers/raw.js';
import { createStore } from '../../helpers/span-store.js';
import { configFor, filesBelow, rig, tempDir } from '../../helpers/spool.js';

const EXIT = { slot: 0, generation: 1, pid: process.pid, reason: 'killed', code: null, signal: 'SIGKILL' } as const;

for (const protocol of ['grpc', 'http/protobuf', 'http/json'] as const) {
  test(`${protocol}: what is open when a worker is gone arrives as an error with the reason; what has ended arrives once`, async (t) => {
    const { receiver, store } = await collector(t);
    const url = protocol === 'grpc' ? receiver.grpcUrl : `${receiver.httpUrl}/v1/traces`;
    const config = configFor(url, { protocol });
    const encoding = protocol === 'http/json' ? 'json' : 'protobuf';
    const { dir, tracer, spool } = worker(t, { config, encoding });
    const open = tracer.startSpan('open', { kind: SpanKind.SERVER, attributes: { 'url.path': '/pay' } });
    const inside = trace.setSpan(context.active(), open);
    tracer.startSpan('open child', {}, inside);
    tracer.startSpan('child', {}, inside).end();
    tracer.startSpan('server', { kind: SpanKind.SERVER }).end();
    tracer.startSpan('root').end();
    spool.drainSync();
    const at = Date.now() + 5_000;
    const candidate = rig(t, { config, encoding, dir: copyOf(t, dir) });
    t.like(await candidate.spool.recover({ ends: [{ ...EXIT, at }], running: [] }), { items: 4 });
    t.true(await candidate.spool.idle(20_000));
    t.like(candidate.account(), { ended: 0, recovered: 4, interrupted: 1, exported: 4 });
    t.deepEqual(
      store
        .spans()
        .map(({ name }) => name)
        .toSorted(),
      ['child', 'open', 'root', 'server'],
    );
    t.is(store.counts().duplicates, 0);
    const span = store.spans().find(({ name }) => name === 'open');
    t.is(span?.spanId, open.spanContext().spanId);
    t.deepEqual(span?.status, { code: 'error', message: 'its worker ended: killed (SIGKILL)' });
    t.is(span?.endNs, BigInt(at) * 1_000_000n);
    t.like(span?.attributes, {
      'url.path': '/pay',
      'kf.interrupted': true,
      'kf.worker.exit.reason': 'killed',
      'kf.worker.exit.signal': 'SIGKILL',
    });
    t.is(span?.resource.attributes['service.name'], 'worker');
    candidate.spool.close();
  });
}

test('a span whose record was written, but not the end of its start, is not sent as an error too', async (t) => {
  const { receiver, store } = await collector(t);
  // A worker that dies between the two: nothing that waits for the turn's end is done.
  const ports = { ...nodePorts, defer: () => undefined };
  const { dir, tracer } = worker(t, { ports, delivery: 'journal', journalPer: 'span' });
  const parent = tracer.startSpan('parent');
  tracer.startSpan('child', {}, trace.setSpan(context.active(), parent)).end();
  tracer.startSpan('ended').end();
  const candidate = rig(t, { url: receiver.grpcUrl, dir: copyOf(t, dir) });
  await candidate.spool.recover();
  t.true(await candidate.spool.idle(20_000));
  t.like(candidate.account(), { recovered: 3, interrupted: 1, exported: 3 });
  const found = store.spans().map(({ name, status }) => `${name} ${status.code}`);
  t.deepEqual(found.toSorted(), ['child unset', 'ended unset', 'parent error']);
  t.is(store.counts().duplicates, 0);
  t.is(store.spans().find(({ name }) => name === 'parent')?.attributes['kf.worker.exit.reason'], 'unknown');
});

test('an recovering process that dies behind the ending of a span leaves it for the next one, once', (t) => {
  const { dir, tracer } = worker(t, {});
  tracer.startSpan('open');
  const copy = copyOf(t, dir);
  const directory = fs.readdirSync(copy).find((name) => name.startsWith('den-'))!;
  const starts = join(copy, directory, 'starts');
  fs.copyFileSync(starts, `${starts}.before`);
  t.is(endInterrupted(join(copy, directory), directory, undefined, nodePorts), 1);
  fs.renameSync(`${starts}.before`, starts);
  t.is(endInterrupted(join(copy, directory), directory, undefined, nodePorts), 0);
  t.false(fs.existsSync(starts));
});

test('the file stays small, whatever ends and whatever stays open', async (t) => {
  const { dir, tracer, spool } = worker(t, {});
  const size = () => {
    const [file = ''] = filesBelow(dir).filter((name) => name.endsWith('starts'));
    return fs.statSync(join(dir, file)).size;
  };
  const open = Array.from({ length: 100 }, (_, index) => tracer.startSpan(`open ${index}`));
  for (let round = 0; round < 200; round++) {
    for (let i = 0; i < 100; i++) tracer.startSpan(`span ${i}`, { kind: SpanKind.SERVER }).end();
    await new Promise((resolve) => setImmediate(resolve));
    t.true(size() < (1 << 20) + 200_000, `${size()} bytes`);
  }
  for (const span of open) span.end();
  for (let i = 0; i < 100; i++) tracer.startSpan(`span ${i}`).end();
  spool.drainSync();
  t.true(size() < 128 * 1024, `${size()} bytes`);
  const candidate = rig(t, { dir: copyOf(t, dir) });
  await candidate.spool.recover();
  t.is(candidate.account().interrupted, 0);
});

test('more open spans than can be noted: one warning, and no harm', (t) => {
  const { tracer, warnings } = worker(t, {});
  for (let i = 0; i < 5_000; i++) tracer.startSpan('leak');
  t.is(warnings.filter((text) => text.includes('spans are open')).length, 1);
});

test('the directory is deleted under a running worker: what is open is noted anew', async (t) => {
  const clock = { ahead: 0 };
  const { dir, tracer } = worker(t, { ports: { ...nodePorts, now: () => performance.now() + clock.ahead } });
  tracer.startSpan('before');
  fs.rmSync(dir, { recursive: true });
  clock.ahead += 2_000;
  tracer.startSpan('after');
  const candidate = rig(t, { dir: copyOf(t, dir) });
  await candidate.spool.recover();
  t.is(candidate.account().interrupted, 2);
});

test('a clean end takes all starts back; one with an open span keeps its owner, until it is known how that one ended', async (t) => {
  const { dir, tracer, spool } = worker(t, {});
  tracer.startSpan('span').end();
  spool.drainSync();
  spool.close();
  t.deepEqual(ownersIn(dir), []);
  const candidate = rig(t, { dir: copyOf(t, dir) });
  await candidate.spool.recover();
  t.like(candidate.account(), { recovered: 1, interrupted: 0 });
  const other = worker(t, {});
  other.tracer.startSpan('open');
  other.spool.drainSync();
  other.spool.close();
  t.is(ownersIn(other.dir).length, 1);
});

const ownersIn = (dir: string) => filesBelow(dir).filter((name) => name.endsWith('owner.json'));

async function collector(t: ExecutionContext) {
  const store = createStore();
  const receiver = await startReceiver({ ...(await receiverPorts()), onTraces: (spans) => void store.add(spans) });
  t.teardown(() => receiver.close());
  return { receiver, store };
}

/** A worker that notes starts and never gets rid of a span. */
function worker(t: ExecutionContext, options: Partial<SpoolOptions> & { config?: ReturnType<typeof configFor> }) {
  const dir = join(tempDir(t), 'spool');
  const warnings: string[] = [];
  const spool = createSpool({
    delivery: 'spool',
    dir,
    encoding: 'protobuf',
    warn: (what) => warnings.push(what),
    onDrop: (cause, items) => t.fail(`${items} spans dropped: ${cause}`),
    journalStarts: true,
    ...options,
    connect: connector(configFor('http://127.0.0.1:1', { protocol: options.config?.protocol ?? 'grpc' })),
  });
  t.teardown(() => spool.close());
  const provider = new NodeTracerProvider({
    resource: resourceFromAttributes({ 'service.name': 'worker' }),
    spanProcessors: [spool.processor],
  });
  return { dir, spool, warnings, tracer: provider.getTracer('worker') };
}

/** The directory as a kill would leave it: this process lives on, so its directories lose their owner. */
function copyOf(t: ExecutionContext, dir: string): string {
  const copy = join(tempDir(t), 'spool');
  fs.cpSync(dir, copy, { recursive: true });
  for (const directory of fs.readdirSync(copy)) fs.rmSync(join(copy, directory, 'owner.json'), { force: true });
  return copy;
}
