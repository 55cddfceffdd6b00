import {
  type Context,
  defaultTextMapGetter,
  defaultTextMapSetter,
  propagation,
  ROOT_CONTEXT,
  TraceFlags,
  trace,
} from '@opentelemetry/api';
import test from 'ava';
import { createPropagator } from '../../src/telemetry/propagators.js';

const IDS = { traceId: '0af7651916cd43dd8448eb211c80319c', spanId: 'b7ad6b7169203331' };
const SAMPLED = trace.setSpanContext(ROOT_CONTEXT, { ...IDS, traceFlags: TraceFlags.SAMPLED });
const UNSAMPLED = trace.setSpanContext(ROOT_CONTEXT, { ...IDS, traceFlags: TraceFlags.NONE });

async function inject(names: string | undefined, context: Context): Promise<Record<string, string>> {
  const propagator = await createPropagator(names === undefined ? {} : { OTEL_PROPAGATORS: names });
  const carrier: Record<string, string> = {};
  propagator.inject(context, carrier, defaultTextMapSetter);
  return carrier;
}

async function extract(names: string, carrier: Record<string, string>): Promise<Context> {
  const propagator = await createPropagator({ OTEL_PROPAGATORS: names });
  return propagator.extract(ROOT_CONTEXT, carrier, defaultTextMapGetter);
}

for (const [names, header, sampled, unsampled] of [
  ['tracecontext', 'traceparent', `00-${IDS.traceId}-${IDS.spanId}-01`, `00-${IDS.traceId}-${IDS.spanId}-00`],
  ['b3', 'b3', `${IDS.traceId}-${IDS.spanId}-1`, `${IDS.traceId}-${IDS.spanId}-0`],
  ['b3multi', 'x-b3-sampled', '1', '0'],
  ['jaeger', 'uber-trace-id', `${IDS.traceId}:${IDS.spanId}:0:01`, `${IDS.traceId}:${IDS.spanId}:0:00`],
  [
    'xray',
    'x-amzn-trace-id',
    `Root=1-0af76519-16cd43dd8448eb211c80319c;Parent=${IDS.spanId};Sampled=1`,
    `Root=1-0af76519-16cd43dd8448eb211c80319c;Parent=${IDS.spanId};Sampled=0`,
  ],
] as const) {
  test(`OTEL_PROPAGATORS=${names} writes ${header}, and reads what it wrote`, async (t) => {
    for (const [context, value, flags] of [
      [SAMPLED, sampled, TraceFlags.SAMPLED],
      [UNSAMPLED, unsampled, TraceFlags.NONE],
    ] as const) {
      const carrier = await inject(names, context);
      t.is(carrier[header], value);
      const found = trace.getSpanContext(await extract(names, carrier));
      t.like(found, { ...IDS, traceFlags: flags, isRemote: true });
    }
  });
}

test('unset: trace context and baggage, both ways, and nothing else', async (t) => {
  const baggage = propagation.createBaggage({ tenant: { value: 'a b' } });
  const carrier = await inject(undefined, propagation.setBaggage(SAMPLED, baggage));
  t.deepEqual(Object.keys(carrier).sort(), ['baggage', 'traceparent']);
  const found = await extract('baggage,tracecontext', carrier);
  t.is(propagation.getBaggage(found)?.getEntry('tenant')?.value, 'a b');
  t.is(trace.getSpanContext(found)?.traceId, IDS.traceId);
});

test('none writes nothing, and reads nothing', async (t) => {
  const carrier = { traceparent: `00-${IDS.traceId}-${IDS.spanId}-01` };
  for (const names of ['none', 'none,tracecontext']) {
    t.deepEqual(await inject(names, SAMPLED), {});
    t.is(trace.getSpanContext(await extract(names, carrier)), undefined);
  }
});

test('of several that find a parent the one that is named last decides', async (t) => {
  const other = '1'.repeat(32);
  const carrier = { traceparent: `00-${IDS.traceId}-${IDS.spanId}-01`, b3: `${other}-${IDS.spanId}-1` };
  t.is(trace.getSpanContext(await extract('tracecontext,b3', carrier))?.traceId, other);
  t.is(trace.getSpanContext(await extract('b3,tracecontext', carrier))?.traceId, IDS.traceId);
});

test('a parent that is damaged is none, for every propagator', async (t) => {
  for (const [names, carrier] of [
    ['tracecontext', { traceparent: `00-${'0'.repeat(32)}-${IDS.spanId}-01` }],
    ['tracecontext', { traceparent: 'nonsense' }],
    ['b3', { b3: `${IDS.traceId}-xyz-1` }],
    ['jaeger', { 'uber-trace-id': 'a:b' }],
    ['xray', { 'x-amzn-trace-id': 'Root=1-0;Parent=0' }],
  ] as const) {
    const found = trace.getSpanContext(await extract(names, carrier as unknown as Record<string, string>));
    t.true(found === undefined || !/[^0]/.test(found.traceId), names);
  }
});
