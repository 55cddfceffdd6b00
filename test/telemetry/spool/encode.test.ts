import { type HrTime, type Link, type SpanContext, SpanKind, SpanStatusCode, TraceFlags } from '@opentelemetry/api';
import { ProtobufTraceSerializer } from '@opentelemetry/otlp-transformer';
import { type Resource, resourceFromAttributes } from '@opentelemetry/resources';
import type { ReadableSpan } from '@opentelemetry/sdk-trace-node';
import test from 'ava';
import fc from 'fast-check';
import { messageType } from '../../../src/dev/schema.js';
import { SpanEncoder } from '../../../src/telemetry/spool/encode/spans.js';
import { mergeParts } from '../../../src/telemetry/spool/merge.js';
import { appendParts, type Part } from '../../../src/telemetry/spool/part.js';

// Held against the SDK's own serializer: byte for byte where the order of the fields is the same, and decoded always.

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
const value: fc.Arbitrary<unknown> = fc.letrec((tie) => ({
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

const batch: fc.Arbitrary<ReadableSpan[]> = fc
  .record({
    resources: fc.array(resource, { minLength: 1, maxLength: 2 }),
    scopes: fc.array(scope, { minLength: 1, maxLength: 3 }),
  })
  .chain(({ resources, scopes }) => fc.array(spanOf(resources, scopes), { minLength: 1, maxLength: 6 }));

function spanOf(resources: Resource[], scopes: ReadableSpan['instrumentationScope'][]): fc.Arbitrary<ReadableSpan> {
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

test('a batch has the bytes of the SDK serializer: every type of attribute, event, link, status, resource and scope', (t) => {
  const encoder = new SpanEncoder();
  let equal = 0;
  fc.assert(
    fc.property(batch, (spans) => {
      const ours = encoder.encode(spans);
      t.is(ours.failed, 0);
      t.is(
        ours.parts.reduce((sum, part) => sum + part.items, 0),
        spans.length,
      );
      const request = Buffer.concat(mergeParts(ours.parts, 'protobuf'));
      const theirs = ProtobufTraceSerializer.serializeRequest(spans)!;
      t.deepEqual(decoded(request), decoded(theirs));
      const noUrls = spans.every((span) => !span.resource.schemaUrl && !span.instrumentationScope.schemaUrl);
      if (!noUrls) return;
      equal++;
      t.true(request.equals(theirs));
    }),
    { numRuns: 1_000 },
  );
  t.true(equal > 100, `${equal} batches held against each other byte for byte`);
});

test('parts of many batches merge into one request with each resource and scope once', (t) => {
  const encoder = new SpanEncoder();
  fc.assert(
    fc.property(batch, (spans) => {
      const parts: Part[] = [];
      for (const span of spans) appendParts(parts, encoder.encode([span]).parts);
      const request = Buffer.concat(mergeParts(parts, 'protobuf'));
      t.deepEqual(decoded(request), decoded(ProtobufTraceSerializer.serializeRequest(spans)!));
    }),
    { numRuns: 200 },
  );
});

test('one span that cannot be read is counted, and the others of its batch are whole', (t) => {
  const encoder = new SpanEncoder();
  const [good] = fc.sample(spanOf([resourceFromAttributes({ a: 1 })], [{ name: 'scope' }]), 1);
  const attributes = Object.defineProperty({}, 'bad', {
    enumerable: true,
    get: () => {
      throw new Error('no such luck');
    },
  });
  const { parts, failed, error } = encoder.encode([good!, { ...good!, attributes }, good!]);
  t.is(failed, 1);
  t.regex(String(error), /no such luck/);
  const request = Buffer.concat(mergeParts(parts, 'protobuf'));
  t.true(request.equals(ProtobufTraceSerializer.serializeRequest([good!, good!])!));
});

test('a resource whose detectors are still at work is not remembered as it was', async (t) => {
  const encoder = new SpanEncoder();
  const resource = resourceFromAttributes({ late: Promise.resolve('arrived'), early: 'there' });
  const [span] = fc.sample(spanOf([resource], [{ name: 'scope' }]), 1);
  t.true(resource.asyncAttributesPending);
  const request = () => Buffer.concat(mergeParts(encoder.encode([span!]).parts, 'protobuf'));
  t.false(request().includes('arrived'));
  await resource.waitForAsyncAttributes?.();
  t.true(request().includes('arrived'));
});

function decoded(request: Uint8Array): unknown {
  return messageType('ExportTraceServiceRequest').decode(Buffer.from(request));
}
