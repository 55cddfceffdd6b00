import { ProtobufTraceSerializer } from '@opentelemetry/otlp-transformer';
import { resourceFromAttributes } from '@opentelemetry/resources';
import type { ReadableSpan } from '@opentelemetry/sdk-trace-node';
import test from 'ava';
import fc from 'fast-check';
import { messageType } from '../../../src/dev/otlp-schema.js';
import { SpanEncoder } from '../../../src/telemetry/outbox/format/encode/encode-spans.js';
import { mergeParts } from '../../../src/telemetry/outbox/format/merge.js';
import { appendParts, type Part } from '../../../src/telemetry/outbox/format/part.js';
import { batch, spanOf, value } from '../../helpers/any-span.js';
import { same } from '../../helpers/same.js';

// Held against the SDK's own serializer: byte for byte where the order of the fields is the same, and decoded always.

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
      const noUrls = spans.every((span) => !span.resource.schemaUrl && !span.instrumentationScope.schemaUrl);
      if (noUrls) equal++;
      // The same bytes say the same; to decode them is most of the time of this test.
      if (request.equals(theirs)) return;
      t.false(noUrls);
      same(t, decoded(request), decoded(theirs));
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
      const theirs = ProtobufTraceSerializer.serializeRequest(spans)!;
      if (!request.equals(theirs)) same(t, decoded(request), decoded(theirs));
    }),
    { numRuns: 200 },
  );
});

const pooled = fc
  .array(
    fc.tuple(
      fc.constantFrom('method', 'path', 'port', 'x'.repeat(200)),
      fc.oneof(
        fc.constantFrom('GET', '/a', '/b', 'y'.repeat(300), 1, 0, -0, 80, Number.NaN, true, undefined, null),
        fc.constant(['a', 'b']),
        value,
      ),
    ),
    { maxLength: 6 },
  )
  .map((pairs) => Object.fromEntries(pairs) as ReadableSpan['attributes']);

test('spans that are alike, in what they have and in which order, have the bytes of the SDK serializer', (t) => {
  const encoder = new SpanEncoder();
  const like = spanOf([resourceFromAttributes({ a: 1 })], [{ name: 'scope' }]);
  const spans = fc.tuple(like, fc.array(pooled, { maxLength: 40 }));
  fc.assert(
    fc.property(spans, ([span, all]) => {
      const shared = ['one list', 'in all'];
      const alike = all.map((attributes, i) => ({ ...span, attributes: { ...attributes, ...(i % 3 && { shared }) } }));
      const request = Buffer.concat(mergeParts(encoder.encode(alike).parts, 'protobuf'));
      t.true(alike.length === 0 || request.equals(ProtobufTraceSerializer.serializeRequest(alike)!));
    }),
    { numRuns: 500 },
  );
});

test('a span that cannot be read in the middle spoils none of those that are alike behind it', (t) => {
  const encoder = new SpanEncoder();
  const [span] = fc.sample(spanOf([resourceFromAttributes({ a: 1 })], [{ name: 'scope' }]), 1);
  const good = { ...span!, attributes: { method: 'GET', path: '/a', port: 80 } };
  const attributes = Object.defineProperty({ method: 'GET', path: '/b' }, 'port', {
    enumerable: true,
    get: () => {
      throw new Error('no such luck');
    },
  });
  const { parts, failed } = encoder.encode([good, good, { ...span!, attributes }, good, good]);
  t.is(failed, 1);
  const request = Buffer.concat(mergeParts(parts, 'protobuf'));
  t.true(request.equals(ProtobufTraceSerializer.serializeRequest([good, good, good, good])!));
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
