import test from 'ava';
import { decodeTraces } from '../../src/dev/decode.js';
import { decodeLogs, decodeMetrics } from '../../src/dev/decode-others.js';
import { MalformedRequest } from '../../src/dev/scalars.js';
import { field, fullRequest, int, keyValue, SPAN_ID, START_NS, smallRequest, TRACE_ID } from '../helpers/otlp-bytes.js';

const JSON_REQUEST = {
  resourceSpans: [
    {
      resource: {
        attributes: [{ key: 'service.name', value: { stringValue: 'dice' } }],
        droppedAttributesCount: 1,
      },
      schemaUrl: 'https://schemas/1',
      scopeSpans: [
        {
          scope: { name: 'dice-lib', version: '1.2.3' },
          schemaUrl: 'https://schemas/2',
          spans: [
            {
              traceId: TRACE_ID.toUpperCase(),
              spanId: SPAN_ID,
              traceState: 'vendor=1',
              parentSpanId: '2222222222222222',
              name: 'GET /rolldice',
              kind: 2,
              startTimeUnixNano: String(START_NS),
              endTimeUnixNano: String(START_NS + 1_900_000n),
              attributes: [
                { key: 'text', value: { stringValue: 'dice' } },
                { key: 'yes', value: { boolValue: true } },
                { key: 'negative', value: { intValue: -5 } },
                { key: 'huge', value: { intValue: '9007199254740993' } },
                { key: 'ratio', value: { doubleValue: 0.25 } },
                { key: 'list', value: { arrayValue: { values: [{ stringValue: 'a' }, { intValue: '2' }] } } },
                { key: 'map', value: { kvlistValue: { values: [{ key: 'inner', value: { boolValue: false } }] } } },
                { key: 'bytes', value: { bytesValue: 'AQL/' } },
                { key: 'nothing', value: {} },
              ],
              droppedAttributesCount: 7,
              events: [
                {
                  timeUnixNano: String(START_NS + 1n),
                  name: 'rolled',
                  attributes: [{ key: 'face', value: { intValue: '6' } }],
                  droppedAttributesCount: 3,
                },
              ],
              droppedEventsCount: 8,
              links: [{ traceId: TRACE_ID, spanId: '1111111111111111', traceState: 'a=b', droppedAttributesCount: 4 }],
              droppedLinksCount: 9,
              status: { code: 2, message: 'broken' },
              flags: 0x301,
              later: 'unknown fields are skipped',
            },
          ],
        },
      ],
    },
  ],
};

test('every field of a span is read from hand-made protobuf', (t) => {
  const spans = decodeTraces(fullRequest(), 'protobuf');
  t.is(spans.length, 1);
  const [span] = spans;
  t.is(span?.traceId, TRACE_ID);
  t.is(span?.parentSpanId, '2222222222222222');
  t.is(span?.kind, 'server');
  t.is(span?.startNs, START_NS);
  t.deepEqual(span?.status, { code: 'error', message: 'broken' });
  t.is(span?.flags, 0x301);
  t.deepEqual([span?.droppedAttributes, span?.droppedEvents, span?.droppedLinks], [7, 8, 9]);
  t.is(span?.attributes.huge, 9_007_199_254_740_993n);
  t.is(span?.attributes.negative, -5);
  t.deepEqual(span?.attributes.list, ['a', 2]);
  t.deepEqual(span?.attributes.map, { inner: false });
  t.deepEqual(span?.attributes.bytes, Buffer.from([1, 2, 255]));
  t.is(span?.attributes.nothing, null);
  t.deepEqual(span?.events[0]?.attributes, { face: 6 });
  t.is(span?.scope.name, 'dice-lib');
  t.deepEqual(span?.resource.attributes, { 'service.name': 'dice' });
});

test('JSON gives the same span as protobuf', (t) => {
  const json = decodeTraces(Buffer.from(JSON.stringify(JSON_REQUEST)), 'json');
  t.deepEqual(normal(json), normal(decodeTraces(fullRequest(), 'protobuf')));
});

test('JSON enums may be names, doubles may be spelled, defaults may be null or absent', (t) => {
  const span = {
    traceId: TRACE_ID,
    spanId: SPAN_ID,
    parentSpanId: null,
    kind: 'SPAN_KIND_CLIENT',
    status: { code: 'STATUS_CODE_OK' },
    attributes: [{ key: 'wide', value: { doubleValue: 'Infinity' } }],
  };
  const [read] = decodeTraces(request(span), 'json');
  t.is(read?.kind, 'client');
  t.is(read?.status.code, 'ok');
  t.is(read?.attributes.wide, Number.POSITIVE_INFINITY);
  t.is(read?.parentSpanId, undefined);
  t.is(read?.name, '');
});

test('two requests put together are one request', (t) => {
  t.is(decodeTraces(Buffer.concat([fullRequest(), smallRequest(3)]), 'protobuf').length, 4);
});

test('a kind or status of a later standard is not refused', (t) => {
  const [span] = decodeTraces(request({ traceId: TRACE_ID, spanId: SPAN_ID, kind: 42 }), 'json');
  t.is(span?.kind, 'unspecified');
});

test('an attribute named __proto__ is only an attribute', (t) => {
  const attributes = [{ key: '__proto__', value: { stringValue: 'x' } }];
  const [span] = decodeTraces(request({ traceId: TRACE_ID, spanId: SPAN_ID, attributes }), 'json');
  t.deepEqual(Object.keys(span?.attributes ?? {}), ['__proto__']);
});

test('protobuf has its fields in any order, keys of any name, numbers of 64 bits and texts that are not ASCII', (t) => {
  const ids = [field(1, Buffer.from(TRACE_ID, 'hex')), field(2, Buffer.from(SPAN_ID, 'hex'))];
  const attributes = [
    keyValue(9, '__proto__', field(1, 'x')),
    keyValue(9, 'low', int(3, -(2n ** 63n))),
    keyValue(9, 'wide', int(3, 2n ** 53n - 1n)),
    keyValue(9, 'text', field(1, 'é\u{1f600}')),
    keyValue(9, 'twice', field(1, 'first')),
    keyValue(9, 'twice', field(1, 'last')),
  ];
  const spans = [1, 2].map(() => field(2, ...attributes, ...ids));
  const resource = field(1, keyValue(1, 'service.name', field(1, 'late')));
  const body = field(1, field(2, ...spans, field(1, field(1, 'scope'))), resource);
  for (const span of decodeTraces(body, 'protobuf')) {
    t.deepEqual(Object.entries(span.attributes), [
      ['__proto__', 'x'],
      ['low', -(2n ** 63n)],
      ['wide', Number.MAX_SAFE_INTEGER],
      ['text', 'é\u{1f600}'],
      ['twice', 'last'],
    ]);
    t.deepEqual([span.resource.attributes, span.scope.name], [{ 'service.name': 'late' }, 'scope']);
  }
});

test('protobuf cut off anywhere is malformed or is fewer spans, and never another error', (t) => {
  const whole = fullRequest();
  for (let length = 0; length < whole.length; length++) {
    try {
      t.true(decodeTraces(whole.subarray(0, length), 'protobuf').length <= 1);
    } catch (error) {
      t.true(error instanceof MalformedRequest, `${length}: ${error}`);
    }
  }
});

const MALFORMED: Record<string, object | string> = {
  'no JSON': '{"resourceSpans":',
  'JSON of another shape': '[]',
  'a list that is none': '{"resourceSpans":{"a":1}}',
  'a short trace id': { traceId: 'abc', spanId: SPAN_ID },
  'a trace id that is not hex': { traceId: 'z'.repeat(32), spanId: SPAN_ID },
  'a trace id of zeroes': { traceId: '0'.repeat(32), spanId: SPAN_ID },
  'no span id': { traceId: TRACE_ID },
  'a name that is a number': { traceId: TRACE_ID, spanId: SPAN_ID, name: 1 },
  'a time that is a word': { traceId: TRACE_ID, spanId: SPAN_ID, startTimeUnixNano: 'noon' },
  'an unknown kind by name': { traceId: TRACE_ID, spanId: SPAN_ID, kind: 'SPAN_KIND_TELEPATH' },
  'a count below zero': { traceId: TRACE_ID, spanId: SPAN_ID, droppedEventsCount: -1 },
  'an attribute nested too deep': { traceId: TRACE_ID, spanId: SPAN_ID, attributes: [{ key: 'a', value: deep(40) }] },
};
for (const [name, content] of Object.entries(MALFORMED)) {
  test(`malformed: ${name}`, (t) => {
    const body = typeof content === 'string' ? Buffer.from(content) : request(content);
    t.throws(() => decodeTraces(body, 'json'), { instanceOf: MalformedRequest });
  });
}

test('malformed: protobuf that is cut off, and an id of the wrong length', (t) => {
  t.throws(() => decodeTraces(fullRequest().subarray(0, 40), 'protobuf'), { instanceOf: MalformedRequest });
  const short = field(1, field(2, field(2, field(1, 'short'), field(2, 'x'))));
  t.throws(() => decodeTraces(short, 'protobuf'), { instanceOf: MalformedRequest, message: /traceId/ });
});

test('metrics: a sum and a histogram, protobuf and JSON', (t) => {
  const point = { timeUnixNano: '5', asInt: '7', attributes: [{ key: 'k', value: { stringValue: 'v' } }] };
  const json = {
    resourceMetrics: [
      {
        scopeMetrics: [
          {
            metrics: [
              { name: 'a', unit: 's', sum: { dataPoints: [point], aggregationTemporality: 1, isMonotonic: true } },
              { name: 'b', histogram: { dataPoints: [{ count: '2', sum: 1.5 }], aggregationTemporality: 2 } },
            ],
          },
        ],
      },
    ],
  };
  const [a, b] = decodeMetrics(Buffer.from(JSON.stringify(json)), 'json');
  t.like(a, { name: 'a', unit: 's', kind: 'sum', temporality: 'delta', monotonic: true });
  t.deepEqual(a!.points, [{ timeNs: 5n, attributes: { k: 'v' }, value: 7 }]);
  t.like(b, { kind: 'histogram', temporality: 'cumulative', monotonic: false });
  t.like(b!.points[0], { count: 2, sum: 1.5 });
  const twoMetrics = field(1, field(2, field(2, field(1, 'a')), field(2, field(1, 'b'))));
  t.deepEqual(
    decodeMetrics(twoMetrics, 'protobuf').map(({ name, points }) => [name, points.length]),
    [
      ['a', 0],
      ['b', 0],
    ],
  );
});

test('logs: with and without a span', (t) => {
  const span = { traceId: '5b8aa5a2d2c872e8321cf37308d69df2', spanId: '051581bf3cb55c13', flags: 1 };
  const records = [{ severityNumber: 13, severityText: 'WARN', body: { stringValue: 'x' }, ...span }, {}];
  const json = { resourceLogs: [{ scopeLogs: [{ logRecords: records }] }] };
  const [first, second] = decodeLogs(Buffer.from(JSON.stringify(json)), 'json');
  t.like(first, { severity: 13, severityText: 'WARN', body: 'x', ...span });
  t.like(second, { severity: 0, body: null, traceId: '', spanId: '', flags: 0 });
});

function request(span: object): Buffer {
  return Buffer.from(JSON.stringify({ resourceSpans: [{ scopeSpans: [{ spans: [span] }] }] }));
}

function deep(levels: number): object {
  return levels === 0 ? { stringValue: 'x' } : { arrayValue: { values: [deep(levels - 1)] } };
}

/** Bytes come as a Uint8Array or a Buffer; what is in them counts. */
function normal(spans: object): unknown {
  return JSON.parse(
    JSON.stringify(spans, (_, value) => {
      if (value?.type === 'Buffer') return value.data;
      return value instanceof Uint8Array ? [...value] : typeof value === 'bigint' ? `${value}n` : value;
    }),
  );
}
