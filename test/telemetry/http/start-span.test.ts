import { type Context, createTraceState, isSpanContextValid, ROOT_CONTEXT, trace } from '@opentelemetry/api';
import {
  AlwaysOffSampler,
  AlwaysOnSampler,
  InMemorySpanExporter,
  NodeTracerProvider,
  ParentBasedSampler,
  type ReadableSpan,
  type Sampler,
  SimpleSpanProcessor,
} from '@opentelemetry/sdk-trace-node';
import test from 'ava';
import { SpanStarter } from '../../../src/telemetry/http/start-span.js';
import { RatioSampler } from '../../../src/telemetry/ratio-sampler.js';

const TRACE = 'a'.repeat(32);
const PARENTS: Readonly<Record<string, Context>> = {
  none: ROOT_CONTEXT,
  'a sampled one': from({ traceId: TRACE, spanId: 'b'.repeat(16), traceFlags: 1, isRemote: true }),
  'one that is not sampled': from({ traceId: TRACE, spanId: 'b'.repeat(16), traceFlags: 0, isRemote: true }),
  'one with a state': from({
    traceId: TRACE,
    spanId: 'b'.repeat(16),
    traceFlags: 1,
    isRemote: true,
    traceState: createTraceState('vendor=1'),
  }),
  'an invalid one': from({ traceId: '0'.repeat(32), spanId: '0'.repeat(16), traceFlags: 1, isRemote: true }),
};
const SAMPLERS: Readonly<Record<string, () => Sampler>> = {
  always_on: () => new AlwaysOnSampler(),
  always_off: () => new AlwaysOffSampler(),
  'traceidratio 0.5': () => new RatioSampler(0.5),
  parentbased_always_on: () => new ParentBasedSampler({ root: new AlwaysOnSampler() }),
  'parentbased_traceidratio 0': () => new ParentBasedSampler({ root: new RatioSampler(0) }),
};

function from(spanContext: Parameters<typeof trace.setSpanContext>[1]): Context {
  return trace.setSpanContext(ROOT_CONTEXT, spanContext);
}

/** A tracer whose ids are known: trace ids that a ratio of one half samples and drops in turns. */
function tracerWith(sampler: Sampler) {
  const exporter = new InMemorySpanExporter();
  let traces = 0;
  let spans = 0;
  const idGenerator = {
    generateTraceId: () => (++traces % 2 === 0 ? 'f' : '1').padEnd(32, '0'),
    generateSpanId: () => (++spans).toString(16).padStart(16, '0'),
  };
  const spanProcessors = [new SimpleSpanProcessor(exporter)];
  const provider = new NodeTracerProvider({ sampler, idGenerator, spanProcessors });
  return { tracer: provider.getTracer('of a test', '1'), exporter };
}

function said(span: ReadableSpan): object {
  const { name, kind, parentSpanContext, attributes, links, events, status, instrumentationScope } = span;
  return {
    ...{ name, kind, parentSpanContext, attributes, links, events, status, instrumentationScope },
    resource: span.resource.attributes,
    context: { traceState: undefined, ...span.spanContext() },
    ...{ ended: span.ended, dropped: span.droppedAttributesCount },
    orderly: span.duration[0] === 0 && span.duration[1] >= 0 && span.startTime[0] > 1e9,
  };
}

for (const [which, sampler] of Object.entries(SAMPLERS)) {
  for (const [above, parent] of Object.entries(PARENTS)) {
    test(`${which}, parent: ${above}: a span starts and ends as one of the SDK's tracer`, (t) => {
      const ours = tracerWith(sampler());
      const sdks = tracerWith(sampler());
      const starter = SpanStarter.of(ours.tracer);
      t.truthy(starter, 'the SDK is built as before: a new version that is not is slower, and seen here');
      for (let i = 0; i < 4; i++) {
        const [own, other] = [starter?.start('GET', parent), sdks.tracer.startSpan('GET', { kind: 1 }, parent)];
        t.is(own?.isRecording(), other.isRecording());
        const given = own?.spanContext() ?? other.spanContext();
        t.true(isSpanContextValid(given));
        t.deepEqual({ ...other.spanContext() }, { traceState: undefined, ...given });
        for (const span of [own, other]) {
          span?.setAttribute('a', 1).addEvent('happened').setStatus({ code: 2, message: 'why' }).updateName('GET /x');
          span?.recordException(new Error('x'));
          span?.end();
        }
      }
      const [mine, theirs] = [ours, sdks].map(({ exporter }) => exporter.getFinishedSpans());
      t.deepEqual(mine?.map(withoutTimes), theirs?.map(withoutTimes));
    });
  }
}

function withoutTimes(span: ReadableSpan): object {
  const { events, ...rest } = said(span) as ReturnType<typeof said> & Pick<ReadableSpan, 'events'>;
  return { ...rest, events: events.map(({ name }) => name) };
}

test('a tracer that is not built like that of the SDK is left to start its spans itself', (t) => {
  t.is(SpanStarter.of(trace.getTracer('of the api')), undefined);
});
