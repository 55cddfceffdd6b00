import { context, SpanKind, SpanStatusCode, trace } from '@opentelemetry/api';
import { resourceFromAttributes } from '@opentelemetry/resources';
import {
  AlwaysOnSampler,
  NodeTracerProvider,
  type ReadableSpan,
  type SpanProcessor,
} from '@opentelemetry/sdk-trace-node';
import test, { type ExecutionContext } from 'ava';
import { NO_SPANS } from '../../src/contract/item-account.js';
import type { LifecycleSpan } from '../../src/contract/lifecycle-span.js';
import { consoleSink } from '../../src/telemetry/console-sink.js';
import type { Spool } from '../../src/telemetry/outbox/index.js';
import { recordLifecycle } from '../../src/telemetry/record-lifecycle.js';
import { outboxSink } from '../../src/telemetry/span-sink.js';

type Write = typeof process.stdout.write;

/** Keeps what is written to stdout; `refuse` makes it fail, as a pipe does whose reader is gone. */
function keepOutput(t: ExecutionContext) {
  const before = process.stdout.write;
  const state = { text: '', refuse: false };
  const write = (chunk: string, done?: (error?: Error) => void) => {
    if (state.refuse && chunk !== '') done?.(new Error('EPIPE'));
    else {
      state.text += chunk;
      done?.();
    }
    return true;
  };
  process.stdout.write = write as Write;
  t.teardown(() => {
    process.stdout.write = before;
  });
  const lines = () =>
    state.text
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => JSON.parse(line) as Record<string, unknown>);
  return { state, lines };
}

function printing(t: ExecutionContext) {
  const output = keepOutput(t);
  const sink = consoleSink({ worker: 2, pid: 7 });
  const resource = resourceFromAttributes({ 'service.name': 'shop' });
  const provider = new NodeTracerProvider({ resource, spanProcessors: [sink.processor] });
  return { ...output, sink, provider, tracer: provider.getTracer('app') };
}

test.serial('each span is one line of JSON with the worker in front, at the end of the turn', async (t) => {
  const { sink, tracer, lines, state } = printing(t);
  const parent = tracer.startSpan('GET /', { kind: SpanKind.SERVER, startTime: [1_700_000_000, 5_000_000] });
  const child = tracer.startSpan('query', {}, trace.setSpan(context.active(), parent));
  child.setAttribute('db.system', 'redis').addEvent('retry', { n: 1 });
  child.setStatus({ code: SpanStatusCode.ERROR, message: 'no' });
  child.end();
  parent.end([1_700_000_000, 6_500_000]);
  t.is(state.text, '');
  await new Promise(setImmediate);
  const [first, second] = lines();
  t.regex(state.text, /^\{"worker":2,"pid":7,/);
  t.like(first, {
    ...{ service: 'shop', scope: 'app', name: 'query', kind: 'INTERNAL', status: 'ERROR', statusMessage: 'no' },
    parentSpanId: parent.spanContext().spanId,
    attributes: { 'db.system': 'redis' },
  });
  t.like((first!.events as object[])[0], { name: 'retry', attributes: { n: 1 } });
  t.like(second, { name: 'GET /', kind: 'SERVER', start: '2023-11-14T22:13:20.005Z', durationMs: 1.5 });
  t.deepEqual(sink.account(), { ...NO_SPANS, ended: 2, exported: 2 });
});

test.serial('what cannot be printed is not counted as printed; a flush and the exit print at once', async (t) => {
  const { sink, tracer, lines, state } = printing(t);
  tracer.startSpan('a').end();
  t.like(sink.account(), { ended: 1, exported: 0, pending: 1 });
  sink.drainSync();
  sink.drainSync();
  t.is(lines().length, 1);
  tracer.startSpan('b').end();
  t.true(await sink.flush(0));
  t.is(lines().length, 2);
  state.refuse = true;
  tracer.startSpan('c').end();
  sink.hurry();
  t.like(sink.account(), { ended: 3, exported: 2, pending: 1 });
  await sink.processor.shutdown();
  sink.close();
});

test.serial('a span that was not sampled is not printed', async (t) => {
  const { sink, provider, lines } = printing(t);
  const unsampled = { traceId: '1'.repeat(32), spanId: '2'.repeat(16), traceFlags: 0 };
  const tracer = provider.getTracer('app');
  tracer.startSpan('no', {}, trace.setSpanContext(context.active(), unsampled)).end();
  const ended = { spanContext: () => unsampled } as ReadableSpan;
  sink.processor.onEnd(ended);
  await sink.flush(0);
  t.deepEqual([lines(), sink.account()], [[], NO_SPANS]);
});

/** A spool of which only the way out is there: what it was asked, and answers that the test gives. */
function spooling({ pending = [0], flushes = [true] }: { pending?: number[]; flushes?: boolean[] } = {}) {
  const asked: string[] = [];
  const waits: number[] = [];
  const spool = {
    processor: {} as SpanProcessor,
    account: (signal: string) => ({ ...NO_SPANS, pending: signal === 'logs' ? (pending[0] ?? 0) : 0 }),
    hurry: () => asked.push('hurry'),
    flush: async (ms: number) => {
      waits.push(ms);
      asked.push('flush');
      const settled = flushes.shift() ?? true;
      pending.shift();
      return settled;
    },
    rest: async (ms: number) => {
      waits.push(ms);
      asked.push('rest');
    },
    keepSync: () => asked.push('keep'),
    drainSync: () => asked.push('drain'),
    recover: async () => void asked.push('recover'),
    close: () => asked.push('close'),
  } as unknown as Spool;
  return { sink: outboxSink(spool, async () => void asked.push('warm')), asked, waits };
}

test('a flush goes on while anything ends meanwhile, logs too, and then lets what is under way land', async (t) => {
  const { sink, asked } = spooling({ pending: [5, 3, 0] });
  t.true(await sink.flush(performance.now() + 60_000));
  t.deepEqual(asked, ['flush', 'flush', 'rest']);
});

test('a flush that is not the last lets requests begin behind it', async (t) => {
  const { sink, asked } = spooling({ pending: [0] });
  t.true(await sink.flush(performance.now() + 60_000, { goesOn: true }));
  sink.keepSync();
  t.deepEqual(asked, ['flush', 'keep']);
});

test('a flush that comes to its deadline says so, and leaves time to put the rest on disk', async (t) => {
  const { sink, asked, waits } = spooling({ pending: [5, 5, 5], flushes: [true, false] });
  t.false(await sink.flush(performance.now() + 10_000));
  t.deepEqual(asked, ['flush', 'flush']);
  t.true(waits[0]! > 9_000 && waits[0]! <= 9_950, `${waits[0]}`);
  const left = spooling({ pending: [5], flushes: [false] });
  t.false(await left.sink.flush(performance.now() + 10_000, { othersSend: true }));
  t.deepEqual(left.asked, ['flush', 'rest'], 'what is under way may be acknowledged yet');
  const late = spooling();
  t.true(await late.sink.flush(performance.now() - 1_000));
  t.deepEqual(late.waits, [0, 0], 'no time is left, not less than none');
});

test('all else is asked of the spool, in the order of the caller', async (t) => {
  const { sink, asked } = spooling();
  await sink.warm();
  await sink.recover({ ends: [], running: [] });
  sink.hurry();
  sink.drainSync();
  sink.close();
  t.deepEqual(asked, ['warm', 'recover', 'hurry', 'drain', 'close']);
});

/** 2026, in seconds: what is small the SDK takes for a time since the start of the process. */
const AT = 1_767_225_600;

const life = (name: string, more: Partial<LifecycleSpan> = {}): LifecycleSpan => ({
  ...{ traceId: 'a'.repeat(32), spanId: '1'.repeat(16), name, start: (AT + 1) * 1000, end: (AT + 3) * 1000 },
  ...{ attributes: {}, events: [], children: [] },
  ...more,
});

/** Records them, and returns what ended, in that order. */
function record(...spans: readonly LifecycleSpan[]): ReadableSpan[] {
  const ended: ReadableSpan[] = [];
  const done = async () => undefined;
  const processor: SpanProcessor = {
    ...{ onStart: () => undefined, forceFlush: done, shutdown: done },
    onEnd: (span) => void ended.push(span),
  };
  const resource = resourceFromAttributes({ 'service.name': 'shop' });
  recordLifecycle(spans, { resource, sampler: new AlwaysOnSampler(), spanProcessors: [processor] });
  return ended;
}

test('the ids that the primary chose are kept, so that a span that is sent twice is one; children are below it', (t) => {
  const attributes = { 'kf.reload.outcome': 'done' };
  const child = life('worker boot', { spanId: '2'.repeat(16), start: AT * 1000 + 1_500, end: (AT + 2) * 1000 });
  const again = life('worker drain', { spanId: '3'.repeat(16) });
  const reload = life('reload', { attributes, children: [child, again] });
  const ended = record(reload);
  t.deepEqual(
    record(reload).map((one) => one.spanContext()),
    ended.map((one) => one.spanContext()),
  );
  t.deepEqual(
    ended.map((one) => [one.name, one.spanContext().spanId, one.parentSpanContext?.spanId]),
    [
      ['worker boot', '2'.repeat(16), '1'.repeat(16)],
      ['worker drain', '3'.repeat(16), '1'.repeat(16)],
      ['reload', '1'.repeat(16), undefined],
    ],
  );
  t.true(ended.every((one) => one.spanContext().traceId === 'a'.repeat(32)));
  t.like(ended[2], { attributes, startTime: [AT + 1, 0], endTime: [AT + 3, 0] });
  t.is(ended[2]!.instrumentationScope.name, 'kf-cluster');
});

test('events have their times, and an error is the status', (t) => {
  const events = [{ name: 'canary ready', at: AT * 1000 + 1_250, attributes: { pid: '7' } }];
  const [failed, plain] = record(life('reload', { events, error: 'boot failed' }), life('stop'));
  t.like(failed!.events[0], { name: 'canary ready', time: [AT + 1, 250_000_000], attributes: { pid: '7' } });
  t.deepEqual(failed!.status, { code: SpanStatusCode.ERROR, message: 'boot failed' });
  t.is(plain!.status.code, SpanStatusCode.UNSET);
});
