import { type HrTime, type Link, type SpanContext, SpanKind, SpanStatusCode, TraceFlags } from '@opentelemetry/api';
import { type Resource, resourceFromAttributes } from '@opentelemetry/resources';
import type { ReadableSpan } from '@opentelemetry/sdk-trace-node';
import fc from 'fast-check';

const hex = (bytes: number) =>
  fc
    .uint8Array({ minLength: bytes, maxLength: bytes })
    .filter((id) => id.some((byte) => byte !== 0))
    .map((id) => Buffer.from(id).toString('hex'));
const text = fc.oneof(
  fc.string(),
  fc.string({ unit: 'binary' }),
  fc.string({ unit: 'grapheme', minLength: 40, maxLength: 300 }),
  fc.string({ minLength: 100, maxLength: 20_000 }),
  // Half of a pair, which is no valid text.
  fc.constantFrom('', 'a\ud800b', '\udc00', '\u0000', 'é'.repeat(47), 'x'.repeat(48), 'x'.repeat(127), 'x'.repeat(128)),
);
const number = fc.oneof(
  fc.integer(),
  fc.maxSafeInteger(),
  fc.double(),
  fc.constantFrom(
    0,
    -0,
    127,
    128,
    2 ** 32,
    2 ** 32 - 1,
    -(2 ** 32),
    2 ** 53,
    -(2 ** 63),
    2 ** 63,
    2 ** 62,
    -1,
    Number.NaN,
    Number.POSITIVE_INFINITY,
  ),
);
const scalar = fc.oneof(text, number, fc.boolean());
export const value: fc.Arbitrary<unknown> = fc.letrec((tie) => ({
  value: fc.oneof(
    { depthSize: 'small' },
    scalar,
    fc.array(scalar, { maxLength: 40 }),
    fc.uint8Array({ maxLength: 200 }),
    fc.constantFrom(null, undefined, Symbol('none'), () => 1),
    fc.array(tie('value'), { maxLength: 4 }),
    fc.dictionary(fc.string(), tie('value'), { maxKeys: 4 }),
  ),
})).value;
const attributes = fc.dictionary(fc.oneof(fc.string(), text), value, { maxKeys: 6 }) as fc.Arbitrary<
  ReadableSpan['attributes']
>;
const time: fc.Arbitrary<HrTime> = fc.tuple(
  fc.oneof(fc.integer({ min: 0, max: 2 ** 34 }), fc.constantFrom(0, 1_800_000_000, 0xffff, 0x10000, 2 ** 32)),
  fc.integer({ min: 0, max: 999_999_999 }),
);
const state = fc.option(
  text.map((raw) => ({ serialize: () => raw }) as unknown as SpanContext['traceState']),
  { nil: undefined },
);
const context: fc.Arbitrary<SpanContext> = fc
  .record({
    traceId: hex(16),
    spanId: hex(8),
    traceFlags: fc.constantFrom(TraceFlags.SAMPLED, TraceFlags.NONE, 0x03, 0x1ff),
    isRemote: fc.option(fc.boolean(), { nil: undefined }),
    traceState: state,
  })
  .map((fields) => fields as SpanContext);
const count = fc.oneof(fc.constant(0), fc.nat(2 ** 31));
const link = fc.record({ context, attributes, droppedAttributesCount: fc.option(count, { nil: undefined }) });
const event = fc.record({ time, name: text, attributes, droppedAttributesCount: fc.option(count, { nil: undefined }) });
const url = fc.oneof({ weight: 4, arbitrary: fc.constant(undefined) }, fc.webUrl());
const resource: fc.Arbitrary<Resource> = fc
  .record({
    attributes: fc.dictionary(fc.string({ minLength: 1 }), scalar, { maxKeys: 8 }),
    schemaUrl: url,
  })
  .map(({ attributes: given, schemaUrl }) =>
    resourceFromAttributes(given, schemaUrl === undefined ? {} : { schemaUrl }),
  );
const scope = fc.record(
  {
    name: text,
    version: fc.option(text, { nil: undefined }),
    schemaUrl: url,
    attributes,
    droppedAttributesCount: count,
  },
  { requiredKeys: ['name'] },
) as fc.Arbitrary<ReadableSpan['instrumentationScope']>;

/** Batches of spans with everything that the types allow. */
export const batch: fc.Arbitrary<ReadableSpan[]> = fc
  .record({
    resources: fc.array(resource, { minLength: 1, maxLength: 2 }),
    scopes: fc.array(scope, { minLength: 1, maxLength: 3 }),
  })
  .chain(({ resources, scopes }) => fc.array(spanOf(resources, scopes), { minLength: 1, maxLength: 6 }));

export function spanOf(
  resources: Resource[],
  scopes: ReadableSpan['instrumentationScope'][],
): fc.Arbitrary<ReadableSpan> {
  return fc
    .record({
      own: context,
      parentSpanContext: fc.option(context, { nil: undefined }),
      name: text,
      kind: fc.constantFrom(
        ...[SpanKind.INTERNAL, SpanKind.SERVER, SpanKind.CLIENT, SpanKind.PRODUCER, SpanKind.CONSUMER],
      ),
      startTime: time,
      endTime: time,
      attributes,
      droppedAttributesCount: count,
      events: fc.array(event, { maxLength: 3 }),
      droppedEventsCount: count,
      links: fc.array(link as fc.Arbitrary<Link>, { maxLength: 3 }),
      droppedLinksCount: count,
      status: fc.record({
        code: fc.constantFrom(SpanStatusCode.UNSET, SpanStatusCode.OK, SpanStatusCode.ERROR),
        message: fc.option(text, { nil: undefined }),
      }),
      resource: fc.constantFrom(...resources),
      instrumentationScope: fc.constantFrom(...scopes),
    })
    .map(
      ({ own, ...rest }) =>
        ({ ...rest, spanContext: () => own, duration: [0, 0], ended: true }) as unknown as ReadableSpan,
    );
}
