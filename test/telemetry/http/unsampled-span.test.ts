import { isSpanContextValid, ROOT_CONTEXT, trace } from '@opentelemetry/api';
import { NodeTracerProvider, SamplingDecision, TraceIdRatioBasedSampler } from '@opentelemetry/sdk-trace-node';
import test from 'ava';
import { SpanStarter } from '../../../src/telemetry/http/start-span.js';
import { UnsampledSpan } from '../../../src/telemetry/http/unsampled-span.js';
import { createIdGenerator } from '../../../src/telemetry/ids.js';
import { ParentBasedRatioSampler, RatioSampler } from '../../../src/telemetry/ratio-sampler.js';

const SHARE = 0.3;
const SAMPLERS = {
  of: () => new RatioSampler(SHARE),
  'under a parent, of': () => new ParentBasedRatioSampler(new RatioSampler(SHARE)),
};

for (const [which, sampler] of Object.entries(SAMPLERS)) {
  for (const ids of ['random', 'xray'] as const) {
    test(`${which} ${ids} ids: the id that is made later is one that every other service decides on alike`, (t) => {
      const provider = new NodeTracerProvider({ sampler: sampler(), idGenerator: createIdGenerator(ids) });
      const starter = SpanStarter.of(provider.getTracer('t'));
      const sdks = new TraceIdRatioBasedSampler(SHARE);
      const seen = new Set<string>();
      let sampled = 0;
      for (let i = 0; i < 3_000; i++) {
        const span = starter?.start('GET', ROOT_CONTEXT);
        const own = span?.spanContext();
        if (!span || !own || !isSpanContextValid(own)) return t.fail(String(own?.traceId));
        seen.add(own.traceId).add(own.spanId);
        sampled += span.isRecording() ? 1 : 0;
        const { decision } = sdks.shouldSample(ROOT_CONTEXT, own.traceId);
        if ((decision === SamplingDecision.RECORD_AND_SAMPLED) !== span.isRecording()) return t.fail(own.traceId);
        if (own.traceFlags !== (span.isRecording() ? 1 : 0)) return t.fail('flags');
      }
      t.is(seen.size, 6_000);
      // Eight standard deviations.
      t.true(Math.abs(sampled - 3_000 * SHARE) < 201, String(sampled));
    });
  }
}

test('it says the same of itself each time, and takes everything that a span does', (t) => {
  const span = new UnsampledSpan(createIdGenerator('random'), 0xffffffff);
  t.false(span.isRecording());
  t.is(span.spanContext(), span.spanContext());
  t.true(trace.isSpanContextValid(span.spanContext()));
  for (const act of [
    'setAttribute',
    'setAttributes',
    'addEvent',
    'addLink',
    'addLinks',
    'setStatus',
    'updateName',
  ] as const)
    t.is(span[act](), span);
  t.is(span.end(), undefined);
  t.is(span.recordException(), undefined);
});
