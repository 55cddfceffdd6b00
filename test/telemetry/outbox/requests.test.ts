import test from 'ava';
import { asJson } from '../../../src/telemetry/outbox/format/encode/json.js';
import { mergeParts } from '../../../src/telemetry/outbox/format/merge.js';
import { appendParts, type Part } from '../../../src/telemetry/outbox/format/part.js';
import { splitRequest } from '../../../src/telemetry/outbox/format/split.js';
import { delimited, fieldsOf } from '../../../src/telemetry/outbox/format/wire.js';
import { namesIn } from '../../helpers/fault-sink.js';
import { field, fullRequest, smallRequest } from '../../helpers/otlp-bytes.js';

const concat = (pieces: readonly Uint8Array[]) => Buffer.concat(pieces);
const json = (value: object) => Buffer.from(JSON.stringify(value));
const parsed = (bytes: Uint8Array): unknown => JSON.parse(Buffer.from(bytes).toString());

test('halves of a request hold each span once, in order, with resource and scope in both', (t) => {
  for (const count of [2, 3, 7]) {
    const halves = splitRequest(smallRequest(count), 'protobuf')!;
    t.deepEqual(
      halves.flatMap(({ bytes }) => namesIn(bytes)),
      namesIn(smallRequest(count)),
    );
    t.deepEqual(
      halves.map(({ items }) => items),
      [Math.floor(count / 2), Math.ceil(count / 2)],
    );
  }
  const both = splitRequest(concat([fullRequest(), smallRequest(1)]), 'protobuf')!;
  t.is(both[0].items, 1);
  t.true(Buffer.from(both[0].bytes).includes('dice-lib'), 'the scope of its span');
  t.false(Buffer.from(both[1].bytes).includes('dice-lib'), 'a group without a span is left out');
});

test('halves of halves end at single spans, which are not divided', (t) => {
  const leaves: string[][] = [];
  const divide = (bytes: Uint8Array) => {
    const halves = splitRequest(bytes, 'protobuf');
    if (halves) for (const half of halves) divide(half.bytes);
    else leaves.push(namesIn(bytes));
  };
  divide(smallRequest(9));
  t.deepEqual(
    leaves,
    Array.from({ length: 9 }, (_, index) => [`span ${index}`]),
  );
});

test('what is no request is not divided, in either encoding', (t) => {
  for (const bytes of ['', '\xff', '\x0a\x05', 'text'].map((text) => Buffer.from(text, 'latin1'))) {
    t.is(splitRequest(bytes, 'protobuf'), undefined);
  }
  t.is(splitRequest(field(1, field(2, Buffer.from([0xff]))), 'protobuf'), undefined, 'a scope that is none');
  t.is(splitRequest(field(1, Buffer.from([0xff])), 'protobuf'), undefined, 'a group that is none');
  for (const text of ['', 'no', 'null', '[]', '{}', '{"spans":[1,2]}', '{"resourceSpans":[null,null]}']) {
    t.is(splitRequest(Buffer.from(text), 'json'), undefined, text);
  }
});

for (const [top, scopes, items] of [
  ['resourceSpans', 'scopeSpans', 'spans'],
  ['resourceLogs', 'scopeLogs', 'logRecords'],
  ['resourceMetrics', 'scopeMetrics', 'metrics'],
] as const) {
  test(`JSON of ${items} is divided over all groups, and keeps what stands beside them`, (t) => {
    const group = (name: string, ...ids: number[]) => ({
      resource: { attributes: [{ key: name }] },
      [scopes]: [{ scope: { name }, [items]: ids.map((id) => ({ id })) }],
    });
    const [first, second] = splitRequest(json({ [top]: [group('a', 1, 2, 3), group('b', 4, 5)] }), 'json')!;
    t.deepEqual([first.items, second.items], [2, 3]);
    t.deepEqual(parsed(first.bytes), { [top]: [group('a', 1, 2), group('b')] });
    t.deepEqual(parsed(second.bytes), { [top]: [group('a', 3), group('b', 4, 5)] });
    t.is(splitRequest(json({ [top]: [group('a', 1)] }), 'json'), undefined);
  });
}

test('whole requests become one: of protobuf by standing behind each other, of JSON inside of one list', (t) => {
  const whole = (bytes: Uint8Array): Part => ({ bytes, items: 1 });
  const merged = mergeParts([whole(smallRequest(2)), whole(fullRequest())], 'protobuf');
  t.deepEqual(namesIn(concat(merged)), ['span 0', 'span 1', 'GET /rolldice']);
  const texts = [
    { resourceSpans: [{ a: '[' }] },
    { resourceSpans: [{ b: ']}' }, { c: 1 }] },
    { resourceSpans: [{ d: 1 }] },
  ];
  t.deepEqual(parsed(concat(mergeParts(texts.map(json).map(whole), 'json'))), {
    resourceSpans: [{ a: '[' }, { b: ']}' }, { c: 1 }, { d: 1 }],
  });
  const [only] = mergeParts([whole(json(texts[0]!))], 'json');
  t.deepEqual(parsed(only!), texts[0]);
});

test('items of one head share it, whatever lies between them; those of another resource do not', (t) => {
  const resource = field(1, Buffer.from('r1'));
  const heads = [
    { resource, scope: field(1, Buffer.from('s1')) },
    { resource, scope: field(1, Buffer.from('s2')) },
    { resource: field(1, Buffer.from('r2')), scope: field(1, Buffer.from('s1')) },
  ] as const;
  const item = (name: string, head: number): Part => ({
    bytes: field(2, field(5, name)),
    items: 1,
    head: heads[head]! as unknown as NonNullable<Part['head']>,
  });
  const merged = concat(mergeParts([item('a', 0), item('b', 1), item('c', 2), item('d', 0)], 'protobuf'));
  t.deepEqual(namesIn(merged), ['a', 'd', 'b', 'c']);
  const groups = fieldsOf(merged)!;
  t.is(groups.length, 2);
  t.is(fieldsOf(groups[0]!.content)!.filter(({ number }) => number === 2).length, 2, 'two scopes below one resource');
  t.deepEqual(namesIn(concat(mergeParts([item('alone', 2)], 'protobuf'))), ['alone']);
});

test('more scopes, or items of one, than a call has arguments are one request', (t) => {
  const resource = field(1, Buffer.from('r'));
  const parts = Array.from({ length: 45_000 }, (_, index): Part => {
    return { bytes: field(2, field(5, 'a')), items: 1, head: { resource, scope: field(1, `${index}`) } };
  });
  t.is(namesIn(concat(mergeParts(parts, 'protobuf'))).length, parts.length);
  const [first] = parts;
  const items = Array.from({ length: 130_000 }, () => first!);
  t.is(namesIn(concat(mergeParts(items, 'protobuf'))).length, items.length);
});

test('a histogram with more buckets than a call has arguments is written as JSON, packed or not', (t) => {
  const buckets = 130_000;
  const counts = Buffer.alloc(8 * buckets);
  counts.writeBigUInt64LE(7n, counts.length - 8);
  const one = Buffer.concat([Buffer.from([(6 << 3) | 1]), counts.subarray(-8)]);
  for (const [what, content] of [
    ['packed', field(6, counts)],
    ['apart', Buffer.concat(Array.from({ length: buckets }, () => one))],
  ] as const) {
    const bytes = field(1, field(2, field(2, field(9, field(1, content)))));
    const { resourceMetrics } = JSON.parse(Buffer.from(asJson([{ bytes, items: 1 }], 'metrics').bytes).toString());
    const { bucketCounts } = resourceMetrics[0].scopeMetrics[0].metrics[0].histogram.dataPoints[0];
    t.deepEqual([bucketCounts.length, bucketCounts.at(-1)], [buckets, '7'], what);
  }
});

test('what lies side by side in memory below one head is one piece, and nothing else is', (t) => {
  const memory = Buffer.from('abcdef');
  const head = {} as NonNullable<Part['head']>;
  const part = (from: number, to: number, own = head): Part => ({
    bytes: memory.subarray(from, to),
    items: 1,
    head: own,
  });
  const parts = [part(0, 2)];
  appendParts(parts, [part(2, 4), part(5, 6)]);
  t.deepEqual(
    parts.map(({ bytes, items }) => [Buffer.from(bytes).toString(), items]),
    [
      ['abcd', 2],
      ['f', 1],
    ],
  );
  appendParts(parts, [part(0, 1, {} as NonNullable<Part['head']>), { bytes: memory.subarray(1, 2), items: 1 }]);
  t.is(parts.length, 4);
});

test('fields of a message are read with what they take, and cut ones are none', (t) => {
  const message = delimited(3, [Buffer.from('text')]);
  t.like(fieldsOf(message)![0], { number: 3, wireType: 2, value: 0 });
  t.is(Buffer.from(fieldsOf(message)![0]!.content).toString(), 'text');
  t.like(fieldsOf(Buffer.from([0x08, 0xac, 0x02]))![0], { number: 1, wireType: 0, value: 300 });
  t.like(fieldsOf(Buffer.from([0x0d, 1, 2, 3, 4]))![0], { number: 1, wireType: 5 });
  t.deepEqual(fieldsOf(new Uint8Array(0)), []);
  for (const bytes of [[0x08], [0x0d, 1, 2, 3], [0x09, 1], [0x0b], [0x0a, 5, 1], [0x0a, ...Array(11).fill(0xff)]]) {
    t.is(fieldsOf(Uint8Array.from(bytes)), undefined, bytes.join());
  }
});
