import fs, { existsSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT_CONTEXT, SpanKind, TraceFlags, trace } from '@opentelemetry/api';
import {
  AlwaysOnSampler,
  NodeTracerProvider,
  type ReadableSpan,
  type SpanProcessor,
} from '@opentelemetry/sdk-trace-node';
import test, { type ExecutionContext } from 'ava';
import { readRecords } from '../../../src/telemetry/outbox/format/read-records.js';
import type { SpoolFs } from '../../../src/telemetry/outbox/outbox-ports.js';
import { noteStarts } from '../../../src/telemetry/outbox/starts-processor.js';
import { Journal } from '../../../src/telemetry/outbox/store/journal.js';
import { acksSeed } from '../../../src/telemetry/outbox/store/segment-directory.js';
import { namesIn } from '../../helpers/fault-sink.js';
import { tempDir } from '../../helpers/spool.js';
import { manualPorts } from './manual-ports.js';

/** A provider whose starts are noted in a file, and what stands in that. */
function noting(
  t: ExecutionContext,
  { own = {}, encoding = 'protobuf' }: { own?: Partial<SpoolFs>; encoding?: 'protobuf' | 'json' } = {},
) {
  const manual = manualPorts(own);
  const warned: string[] = [];
  const nothing = () => undefined;
  const parts = { root: join(tempDir(t), 'spool'), maxBytes: 64 << 20, ports: manual.ports, warn: nothing };
  const journal = new Journal({ ...parts, onEvict: nothing, onLost: nothing });
  t.teardown(() => journal.close());
  const order: string[] = [];
  const inner: SpanProcessor = {
    onStart: () => undefined,
    onEnd: (span) => void order.push(span.name),
    forceFlush: async () => void order.push('flush'),
    shutdown: async () => void order.push('shutdown'),
  };
  const processor = noteStarts(inner, {
    journal,
    ports: manual.ports,
    encoding,
    warn: (what) => void warned.push(what),
  });
  t.teardown(() => processor.log.close());
  const provider = new NodeTracerProvider({ sampler: new AlwaysOnSampler(), spanProcessors: [processor] });
  const file = () => join(journal.ownDirectory().dir, 'starts');
  /** The names of what has begun, and `-` for each end that is noted. */
  const noted = () => {
    if (!existsSync(file())) return [];
    const { found } = readRecords(readFileSync(file()), acksSeed(journal.ownDirectory().name));
    return found.flatMap(({ record }) => {
      const ends = () => Array.from({ length: record.bytes.length / 8 }, () => '-');
      return record.kind === 'ends' ? ends() : namesIn(record.bytes, encoding === 'json');
    });
  };
  return { ...manual, journal, processor, provider, tracer: provider.getTracer('app'), file, noted, order, warned };
}

for (const encoding of ['protobuf', 'json'] as const) {
  test(`${encoding}: a start is on disk when it returns, and is taken back at the end of the turn of its end`, (t) => {
    const { tracer, noted, endTurn, journal } = noting(t, { encoding });
    const [a, b] = [tracer.startSpan('a'), tracer.startSpan('b')];
    t.deepEqual(noted(), ['a', 'b']);
    t.is(journal.ownDirectory().openStarts, 2);
    a.end();
    b.end();
    t.deepEqual(noted(), ['a', 'b']);
    endTurn();
    t.deepEqual(noted(), ['a', 'b', '-', '-']);
    t.is(journal.ownDirectory().openStarts, 0);
  });
}

test('noted are requests and what has no parent; not what is inside of them, is ours, or is not sampled', (t) => {
  const { tracer, provider, noted } = noting(t);
  const root = tracer.startSpan('root');
  const below = trace.setSpan(ROOT_CONTEXT, root);
  tracer.startSpan('query', { kind: SpanKind.CLIENT }, below);
  tracer.startSpan('request', { kind: SpanKind.SERVER }, below);
  provider.getTracer('kf-cluster').startSpan('reload');
  t.deepEqual(noted(), ['root', 'request']);
});

test('a span that is not sampled leaves no trace, at its end neither', (t) => {
  const { processor, noted, order, journal, deferred } = noting(t);
  const context = { traceId: '1'.repeat(32), spanId: '2'.repeat(16), traceFlags: TraceFlags.NONE };
  const span = { kind: SpanKind.SERVER, spanContext: () => context, instrumentationScope: { name: 'app' }, name: 'x' };
  processor.onStart(span as never, ROOT_CONTEXT);
  processor.onEnd(span as unknown as ReadableSpan);
  t.deepEqual([noted(), order, deferred.length, journal.ownDirectory().openStarts], [[], ['x'], 0, 0]);
});

test('the span goes on before its start is taken back, and so do flush and shutdown', async (t) => {
  const { tracer, processor, order } = noting(t);
  tracer.startSpan('a').end();
  t.deepEqual(order, ['a']);
  await processor.forceFlush();
  await processor.shutdown();
  t.deepEqual(order, ['a', 'flush', 'shutdown']);
});

test('the way out takes back at once what has ended, and keeps what is open', (t) => {
  const { tracer, processor, noted, endTurn } = noting(t);
  tracer.startSpan('open');
  tracer.startSpan('ended').end();
  processor.log.settle();
  t.deepEqual(noted(), ['open', 'ended', '-']);
  processor.log.settle();
  endTurn();
  t.deepEqual(noted(), ['open', 'ended', '-'], 'once');
});

test('a file without an open span is emptied when it is large; one with some is written anew with those alone', (t) => {
  const { tracer, noted, endTurn, file } = noting(t);
  const burst = (count: number) => {
    const spans = Array.from({ length: count }, (_, i) => tracer.startSpan(`${i} ${'x'.repeat(900)}`));
    for (const span of spans) span.end();
    endTurn();
  };
  burst(100);
  t.is(statSync(file()).size, 0);
  tracer.startSpan('open');
  for (let i = 0; i < 12; i++) burst(100);
  t.true(statSync(file()).size < 1 << 20, `${statSync(file()).size}`);
  t.true(noted().includes('open'));
});

test('a start that is larger than it is worth is not noted, and its end harms nothing', (t) => {
  const { tracer, noted, endTurn } = noting(t);
  const large = tracer.startSpan('x'.repeat(70_000));
  tracer.startSpan('small');
  t.deepEqual(noted(), ['small']);
  large.end();
  endTurn();
  t.deepEqual(noted(), ['small', '-']);
});

test('a disk that failed meanwhile is written anew when it is back: what has ended is not among what is open', (t) => {
  let broken = false;
  const writeSync = (...args: unknown[]) => {
    if (broken) throw Object.assign(new Error('EIO'), { code: 'EIO' });
    return Reflect.apply(fs.writeSync as (...args: unknown[]) => number, fs, args);
  };
  const { tracer, noted, endTurn, advance } = noting(t, { own: { writeSync: writeSync as SpoolFs['writeSync'] } });
  const first = tracer.startSpan('first');
  tracer.startSpan('stays');
  broken = true;
  first.end();
  endTurn();
  broken = false;
  advance(30_000);
  tracer.startSpan('after');
  t.deepEqual(
    noted().filter((name) => name !== '-'),
    ['stays', 'after'],
  );
});

test('more than 4,096 open spans are not noted, which is said once; as they end there is room again', (t) => {
  const { tracer, noted, warned, endTurn } = noting(t);
  const spans = Array.from({ length: 4_100 }, (_, i) => tracer.startSpan(`${i}`));
  t.is(noted().length, 4_096);
  t.is(warned.length, 1);
  spans[0]!.end();
  endTurn();
  tracer.startSpan('again');
  t.is(noted().at(-1), 'again');
});
