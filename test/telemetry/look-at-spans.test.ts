import { context, type Span, SpanStatusCode, trace } from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import { resourceFromAttributes } from '@opentelemetry/resources';
import { NodeTracerProvider, type ReadableSpan, type SpanProcessor } from '@opentelemetry/sdk-trace-node';
import test from 'ava';
import { NO_SPANS } from '../../src/contract/item-account.js';
import { lookAtSpans } from '../../src/telemetry/look-at-spans.js';

context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());

/** A provider whose one processor can be looked through; it counts what it gets itself. */
function looking() {
  const own: ReadableSpan[] = [];
  const processor: SpanProcessor = {
    onStart: () => undefined,
    onEnd: (span) => void own.push(span),
    forceFlush: async () => undefined,
    shutdown: async () => undefined,
  };
  const before = { onStart: processor.onStart, onEnd: processor.onEnd };
  const resource = resourceFromAttributes({ 'service.name': 'shop' });
  const provider = new NodeTracerProvider({ resource, spanProcessors: [processor] });
  const look = lookAtSpans({ processor, account: () => NO_SPANS, flush: undefined });
  const isPlain = () => processor.onStart === before.onStart && processor.onEnd === before.onEnd;
  return { tracer: provider.getTracer('app'), provider, look, own, isPlain };
}

const under = (parent: Span) => trace.setSpan(context.active(), parent);

test('a sample holds what a lint reads: names, parents, status, sizes, and the values of no other attribute', (t) => {
  const { tracer, look } = looking();
  const { seen, stop } = look({}, () => undefined);
  const root = tracer.startSpan('GET /', { attributes: { 'http.route': '/', 'db.statement': 'select secret' } });
  const child = tracer.startSpan('x'.repeat(300), {}, under(root));
  child.recordException(new Error('no'));
  child.addEvent('other');
  child.setStatus({ code: SpanStatusCode.ERROR });
  child.end();
  const { spans, seen: count } = seen();
  stop();
  t.is(count, 2);
  const [first, second] = spans;
  t.like(first, {
    name: 'GET /',
    service: 'shop',
    scope: 'app',
    kind: 'internal',
    ended: false,
    endMs: 0,
    status: 'unset',
  });
  t.deepEqual(first?.attributes, { 'http.route': '/' });
  t.deepEqual(first?.attributeSizes, { 'http.route': 1, 'db.statement': 13 });
  t.false('parentIsRemote' in (first ?? {}));
  t.like(second, { ended: true, status: 'error', parentIsRecorded: true, parentIsRemote: false });
  t.is(second?.parentId, root.spanContext().spanId);
  t.is(second?.name.length, 200);
  t.deepEqual(second?.events, [{ name: 'exception' }]);
});

test('a parent in another process, and one that is not recorded, are told from each other', (t) => {
  const { tracer, look } = looking();
  const { seen, stop } = look({}, () => undefined);
  const ids = { traceId: '0af7651916cd43dd8448eb211c80319c', spanId: 'b7ad6b7169203331', traceFlags: 1 };
  tracer.startSpan('of a caller', {}, trace.setSpanContext(context.active(), { ...ids, isRemote: true })).end();
  t.like(seen().spans[0], { parentId: ids.spanId, parentIsRemote: true, parentIsRecorded: false });
  stop();
});

test('while nobody looks the processor is as it was, and each look ends alone', (t) => {
  const { tracer, look, own, isPlain } = looking();
  t.true(isPlain());
  const first = look({}, () => undefined);
  const second = look({}, () => undefined);
  tracer.startSpan('a').end();
  first.stop();
  tracer.startSpan('b').end();
  t.deepEqual([first.seen().spans.length, second.seen().spans.length], [1, 2]);
  t.false(isPlain());
  second.stop();
  t.true(isPlain());
  tracer.startSpan('c').end();
  t.is(own.length, 3);
});

test('of more than can be kept whole traces are, and all are counted', (t) => {
  const { tracer, look } = looking();
  const { seen, stop } = look({}, () => undefined);
  for (let i = 0; i < 1_000; i++) {
    const root = tracer.startSpan('root');
    tracer.startSpan('child', {}, under(root)).end();
    root.end();
  }
  const { spans, seen: count } = seen();
  stop();
  t.is(count, 2_000);
  t.true(spans.length > 0 && spans.length <= 500, `${spans.length}`);
  const roots = new Set(spans.filter(({ name }) => name === 'root').map(({ traceId }) => traceId));
  t.is(spans.length, 2 * roots.size);
});

test('one trace is followed, with a word at each change; spans of others are counted alone', (t) => {
  const { tracer, look } = looking();
  const root = tracer.startSpan('root');
  const { traceId } = root.spanContext();
  let changes = 0;
  const { seen, stop } = look({ traceId }, () => void changes++);
  tracer.startSpan('other').end();
  t.deepEqual([seen().spans, seen().seen, seen().fate], [[], 1, 'open']);
  const child = tracer.startSpan('child', {}, under(root));
  t.is(seen().fate, 'open');
  const before = changes;
  child.end();
  t.is(seen().fate, 'unsent');
  t.true(changes > before);
  stop();
});

test("the supervisor's own spans and what is not sampled are not looked at", (t) => {
  const { provider, tracer, look } = looking();
  const { seen, stop } = look({}, () => undefined);
  provider.getTracer('kf-cluster').startSpan('reload').end();
  const unsampled = { traceId: '0af7651916cd43dd8448eb211c80319c', spanId: 'b7ad6b7169203331', traceFlags: 0 };
  tracer.startSpan('not recorded', {}, trace.setSpanContext(context.active(), unsampled)).end();
  t.is(seen().seen, 0);
  stop();
});
