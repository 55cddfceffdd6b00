import { context, SpanKind, SpanStatusCode, trace } from '@opentelemetry/api';
import { RPCType } from '@opentelemetry/core';
import { InMemorySpanExporter, NodeTracerProvider, SimpleSpanProcessor } from '@opentelemetry/sdk-trace-node';
import test, { type ExecutionContext } from 'ava';
import { setRoute, withSpan } from '../../src/api/tracing.js';
import { RequestContext } from '../../src/telemetry/http/request-context.js';

const memory = new InMemorySpanExporter();
new NodeTracerProvider({ spanProcessors: [new SimpleSpanProcessor(memory)] }).register();

/** The one span of that name; it has ended once. */
function ended(t: ExecutionContext, name: string) {
  const all = memory.getFinishedSpans().filter((one) => one.name === name);
  t.is(all.length, 1, `${name} has ended once`);
  return all[0] ?? t.fail() ?? raise();
}

function raise(): never {
  throw new Error('there is no such span');
}

const isEnded = (name: string) => memory.getFinishedSpans().some((one) => one.name === name);

test('a span ends when its function returns, and one begun in there is below it', (t) => {
  const inside = withSpan('order', (span) => {
    t.is(trace.getActiveSpan(), span);
    return withSpan('price', () => 42);
  });
  t.is(inside, 42);
  const [order, price] = [ended(t, 'order'), ended(t, 'price')];
  t.is(price.parentSpanContext?.spanId, order.spanContext().spanId);
  t.is(trace.getActiveSpan(), undefined, 'and nothing is active behind it');
  t.is(order.status.code, SpanStatusCode.UNSET);
});

test('a span goes on until the promise settles, and stays active behind each await', async (t) => {
  let settle: (value: string) => void = () => undefined;
  const promise = new Promise<string>((resolve) => {
    settle = resolve;
  });
  const result = withSpan('waits', async (span) => {
    const value = await promise;
    t.is(trace.getActiveSpan(), span);
    return value;
  });
  await new Promise(setImmediate);
  t.false(isEnded('waits'));
  settle('paid');
  t.is(await result, 'paid');
  ended(t, 'waits');
});

test('whatever has a then is waited for, and what only looks like it is not', async (t) => {
  const calls: ((value: number) => void)[] = [];
  const thenable: PromiseLike<number> = {
    // biome-ignore lint/suspicious/noThenProperty: it is what is tested
    then: (resolve) => {
      calls.push((value) => resolve?.(value));
      return thenable as never;
    },
  };
  withSpan('query', () => thenable);
  t.false(isEnded('query'));
  for (const call of calls) call(1);
  ended(t, 'query');
  for (const [name, value] of [
    ['a null', null],
    ['a text with then', 'then'],
    // biome-ignore lint/suspicious/noThenProperty: it is what is tested
    ['a field that is no function', { then: 'later' }],
  ] as const) {
    t.is(
      withSpan(name, () => value),
      value,
    );
    ended(t, name);
  }
});

for (const [how, fail] of [
  ['throws', (error: unknown) => withSpan('fails: throws', () => raiseIt(error))],
  ['rejects', (error: unknown) => withSpan('fails: rejects', async () => raiseIt(error))],
] as const) {
  test(`what a function ${how} is passed on as it is, recorded, and the status of its span`, async (t) => {
    const error = new RangeError('no such order');
    const thrown = await (async () => fail(error))().then(
      () => t.fail('it has passed'),
      (one) => one,
    );
    t.is(thrown, error);
    const span = ended(t, `fails: ${how}`);
    t.deepEqual(span.status, { code: SpanStatusCode.ERROR, message: 'no such order' });
    t.like(span.events[0]?.attributes, { 'exception.type': 'RangeError', 'exception.message': 'no such order' });
    t.is(span.events.length, 1);
  });
}

function raiseIt(error: unknown): never {
  throw error;
}

test('what is no Error is recorded as its text, and thrown as it was', (t) => {
  for (const thrown of ['out of stock', 404, undefined, null]) {
    const name = `fails with ${thrown}`;
    try {
      withSpan(name, () => raiseIt(thrown));
      t.fail('it has passed');
    } catch (error) {
      t.is(error, thrown);
    }
    t.is(ended(t, name).status.message, String(thrown));
  }
});

test('options of a span are those of the api, and the name of the tracer is its scope', (t) => {
  withSpan('receive', { tracer: 'queue', kind: SpanKind.CONSUMER, attributes: { topic: 'orders' } }, () => undefined);
  const span = ended(t, 'receive');
  t.deepEqual([span.kind, span.attributes], [SpanKind.CONSUMER, { topic: 'orders' }]);
  t.is(span.instrumentationScope.name, 'queue');
  withSpan('plain', () => undefined);
  t.is(ended(t, 'plain').instrumentationScope.name, 'kf-cluster/tracing');
});

test('a call without a function says how it is made, and begins no span', (t) => {
  t.throws(() => withSpan('forgotten', {}, undefined as never), { instanceOf: TypeError, message: /fn/ });
  t.false(isEnded('forgotten'));
});

test('a route goes to the request that is handled, also from within a span of the app, and the last one counts', (t) => {
  const metadata = { type: RPCType.HTTP, span: trace.getTracer('t').startSpan('request') };
  const other = { type: RPCType.HTTP, span: trace.getTracer('t').startSpan('other') };
  t.notThrows(() => setRoute('/nowhere'));
  context.with(new RequestContext(context.active(), metadata.span, metadata), () => {
    setRoute('/*');
    context.with(new RequestContext(context.active(), other.span, other), () => setRoute('/other'));
    withSpan('handler', () => setRoute('/users/:id'));
  });
  t.like(metadata, { route: '/users/:id' });
  t.like(other, { route: '/other' });
});
