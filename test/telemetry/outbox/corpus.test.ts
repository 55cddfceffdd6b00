import { SpanKind, SpanStatusCode } from '@opentelemetry/api';
import { JsonTraceSerializer, ProtobufTraceSerializer } from '@opentelemetry/otlp-transformer';
import { resourceFromAttributes } from '@opentelemetry/resources';
import type { ReadableSpan } from '@opentelemetry/sdk-trace-node';
import test from 'ava';
import fc from 'fast-check';
import { decodeTraces } from '../../../src/dev/decode.js';
import { messageType } from '../../../src/dev/otlp-schema.js';
import { SpanEncoder } from '../../../src/telemetry/outbox/format/encode/encode-spans.js';
import { asJson } from '../../../src/telemetry/outbox/format/encode/json.js';
import { mergeParts } from '../../../src/telemetry/outbox/format/merge.js';
import { batch, spanOf, value } from '../../helpers/any-span.js';
import { same } from '../../helpers/same.js';

// Spans with nonsense in every field, against the stock exporter's serializers.

const nonsense = fc.oneof(
  value,
  fc.constantFrom<unknown[]>(undefined, null, 404, Number.NaN, new Error('an error'), 10n, [1], { a: 1 }, Symbol('s')),
);
const badTime = fc.oneof(
  fc.tuple(nonsense, nonsense),
  fc.constantFrom([Number.NaN, Number.NaN], [Infinity, 0], [1.5, 2.5], [2 ** 40, 1]),
);
const good = spanOf([resourceFromAttributes({ a: 1 })], [{ name: 'scope', version: '1' }]);

const FIELDS = ['name', 'kind', 'startTime', 'endTime', 'status', 'droppedLinksCount', 'scope', 'event', 'attribute'];
const hostile: fc.Arbitrary<ReadableSpan> = fc
  .tuple(good, fc.constantFrom(...FIELDS), nonsense, badTime)
  .map(([span, field, bad, time]) => ({ ...span, ...changeOf(field, bad, time) }) as unknown as ReadableSpan);

function changeOf(field: string, bad: unknown, time: unknown): object {
  switch (field) {
    case 'startTime':
    case 'endTime':
      return { [field]: time };
    case 'status':
      return { status: { code: SpanStatusCode.ERROR, message: bad } };
    case 'scope':
      return { instrumentationScope: { name: bad, version: bad } };
    case 'event':
      return { events: [{ name: bad, time, attributes: { bad }, droppedAttributesCount: 0 }] };
    case 'attribute':
      return { attributes: { bad } };
    default:
      return { [field]: bad };
  }
}

test('what the stock exporter sends of 1,000 spans with nonsense in them, we send, field by field', (t) => {
  let sent = 0;
  let held = 0;
  fc.assert(
    fc.property(hostile, (span) => {
      const theirs = stock(span);
      const ours = new SpanEncoder().encode([span]);
      if (ours.failed === 0) sent++;
      if (!theirs) return;
      t.is(ours.failed, 0, String(ours.error));
      if (!hasOnlyTexts(span) || hasTimeBeyondOtlp(span) || hasCountBeyondOtlp(span)) return;
      held++;
      const request = Buffer.concat(mergeParts(ours.parts, 'protobuf'));
      if (!request.equals(theirs)) same(t, decoded(request), decoded(theirs));
    }),
    // One corpus, and not another one each time: what differs is listed below.
    { numRuns: 1_000, seed: 15 },
  );
  t.true(sent > 850, `${sent} of 1,000 sent`);
  t.true(held > 250, `${held} held against each other`);
});

/** A difference: the stock exporter writes an empty text for what is no text, and we what it says. */
function hasOnlyTexts({ name, status, events, instrumentationScope: { name: scope, version } }: ReadableSpan): boolean {
  const texts: unknown[] = [name, status.message ?? '', scope, version ?? '', ...events.map((event) => event.name)];
  return texts.every((text) => typeof text === 'string');
}

/** A difference: times before 1970 and of other types than a number have no meaning in OTLP; each writes something. */
function hasTimeBeyondOtlp({ startTime, endTime, events }: ReadableSpan): boolean {
  const times: unknown[] = [startTime, endTime, ...events.map(({ time }) => time)].flat();
  return times.some((part) => typeof part !== 'number' || part < 0 || part >= 2 ** 34);
}

/** A difference: the kind and the counts have 32 bits; each writes something for what does not fit in. */
function hasCountBeyondOtlp({ kind, droppedLinksCount }: ReadableSpan): boolean {
  return [kind, droppedLinksCount].some((one) => typeof one === 'number' && !(one >= 0 && one < 2 ** 31));
}

function stock(span: ReadableSpan): Uint8Array | undefined {
  try {
    return ProtobufTraceSerializer.serializeRequest([span]);
  } catch {
    // It throws on this span; ours may send more than it.
    return undefined;
  }
}

test('JSON says what protobuf says, for every field of 500 batches', (t) => {
  fc.assert(
    fc.property(batch, (spans) => {
      const { parts } = new SpanEncoder().encode(spans);
      const { bytes, items } = asJson(parts, 'traces');
      t.is(items, spans.length);
      const protobuf = Buffer.concat(mergeParts(parts, 'protobuf'));
      same(t, decodeTraces(bytes, 'json'), decodeTraces(protobuf, 'protobuf'));
    }),
    { numRuns: 500, seed: 15 },
  );
});

test('JSON has the fields of the stock exporter, but for 64-bit integers and what is no JSON number', (t) => {
  fc.assert(
    fc.property(batch, (spans) => {
      const theirs = JSON.parse(Buffer.from(JsonTraceSerializer.serializeRequest(spans.slice(0, 1))!).toString());
      const ours = JSON.parse(
        Buffer.from(asJson(new SpanEncoder().encode(spans.slice(0, 1)).parts, 'traces').bytes).toString(),
      );
      // OTLP has no such field there; the stock exporter writes it twice.
      for (const group of theirs.resourceSpans) delete group.resource.schemaUrl;
      // It leaves that count out of a scope without attributes, in JSON only.
      for (const { scopeSpans } of [...ours.resourceSpans, ...theirs.resourceSpans]) {
        for (const { scope } of scopeSpans) delete scope.droppedAttributesCount;
      }
      same(t, comparable(ours), comparable(theirs));
    }),
    { numRuns: 500, seed: 15 },
  );
});

/** Without what the two may write in different ways: numbers of attributes, and empty texts and lists left out. */
function comparable(json: unknown): unknown {
  if (typeof json === 'string') return Buffer.from(json).toString();
  if (Array.isArray(json)) return json.map(comparable);
  if (typeof json !== 'object' || json === null) return json;
  const kept = Object.entries(json)
    .filter(([, item]) => item !== '' && item !== 0 && !(Array.isArray(item) && item.length === 0))
    .map(([key, item]) => [Buffer.from(key).toString(), comparable(item)] as const)
    .filter(([, item]) => !(typeof item === 'object' && item !== null && Object.keys(item).length === 0));
  if (kept.length === 1 && /^(int|double)Value$/.test(kept[0]![0])) return {};
  return Object.fromEntries(kept);
}

test('numbers of attributes in JSON: integers as strings up to 2^63, beyond it and NaN as OTLP/JSON says', (t) => {
  const [span] = fc.sample(good, 1);
  const attributes = { a: 2 ** 53, b: -(2 ** 63), c: 2 ** 63, d: Number.NaN, e: Infinity, f: -Infinity, g: 0.5, h: -1 };
  const { parts } = new SpanEncoder().encode([{ ...span!, attributes }]);
  const json = JSON.parse(Buffer.from(asJson(parts, 'traces').bytes).toString());
  const values = json.resourceSpans[0].scopeSpans[0].spans[0].attributes.map((pair: { value: unknown }) => pair.value);
  t.deepEqual(values, [
    { intValue: '9007199254740992' },
    { intValue: '-9223372036854775808' },
    { doubleValue: 2 ** 63 },
    { doubleValue: 'NaN' },
    { doubleValue: 'Infinity' },
    { doubleValue: '-Infinity' },
    { doubleValue: 0.5 },
    { intValue: '-1' },
  ]);
});

test('a span whose scope cannot be read takes no other along', (t) => {
  const [span] = fc.sample(good, 1);
  const instrumentationScope = {
    get name(): string {
      throw new Error('no name');
    },
  };
  const kind = SpanKind.CLIENT;
  const { parts, failed, error } = new SpanEncoder().encode([
    ...[span!, { ...span!, instrumentationScope }, { ...span!, kind }],
  ]);
  t.is(failed, 1);
  t.regex(String(error), /no name/);
  t.is(decodeTraces(Buffer.concat(mergeParts(parts, 'protobuf')), 'protobuf').length, 2);
});

function decoded(request: Uint8Array): unknown {
  return messageType('ExportTraceServiceRequest').decode(Buffer.from(request));
}
