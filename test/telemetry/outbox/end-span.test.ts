import test from 'ava';
import { delimited, fieldsOf } from '../../../src/telemetry/outbox/format/wire.js';
import { endAsError, spanIdOf, spansWith } from '../../../src/telemetry/outbox/recover/end-span.js';

const ID = '00f067aa0ba902b7';
const PARENT = 'aaaaaaaaaaaaaaaa';
const fixed64 = (number: number, value: bigint) => {
  const bytes = Buffer.alloc(9);
  bytes[0] = (number << 3) | 1;
  bytes.writeBigUInt64LE(value, 1);
  return bytes;
};
const START = 1_000_000_000_000_000_000n;

/** A request of protobuf with one span that has begun. */
const begun = (...more: Uint8Array[]) =>
  delimited(1, [
    delimited(2, [
      delimited(2, [
        delimited(1, [Buffer.alloc(16, 1)]),
        delimited(2, [Buffer.from(ID, 'hex')]),
        delimited(4, [Buffer.from(PARENT, 'hex')]),
        delimited(5, [Buffer.from('GET /')]),
        fixed64(7, START),
        ...more,
      ]),
    ]),
  ]);
const json = (span: object) =>
  Buffer.from(JSON.stringify({ resourceSpans: [{ scopeSpans: [{ spans: [{ spanId: ID, ...span }] }] }] }));

/** The fields of the one span of a request. */
function spanOf(request: Uint8Array) {
  const [group] = fieldsOf(request) ?? [];
  const [scope] = fieldsOf(group?.content ?? new Uint8Array()) ?? [];
  const [span] = fieldsOf(scope?.content ?? new Uint8Array()) ?? [];
  return fieldsOf(span?.content ?? new Uint8Array()) ?? [];
}

const endOf = (request: Uint8Array) => {
  const raw = spanOf(request).find(({ number }) => number === 8)?.raw;
  return raw && Buffer.from(raw).readBigUInt64LE(1);
};
const exit = { pid: 7, reason: 'hang', code: null, signal: 'SIGKILL', at: 0 };

test('a span that has begun ends as an error, once, with how its worker ended; the rest of it stays', (t) => {
  const at = Number(START / 1_000_000n) + 1_500;
  const ended = endAsError(begun(fixed64(8, 5n)), 'protobuf', { at, exit });
  t.is(endOf(ended), START + 1_500_000_000n);
  const fields = spanOf(ended);
  t.is(fields.filter(({ number }) => number === 8).length, 1);
  const status = fieldsOf(fields.find(({ number }) => number === 15)?.content ?? new Uint8Array()) ?? [];
  t.is(status.find(({ number }) => number === 3)?.value, 2);
  t.is(
    Buffer.from(status.find(({ number }) => number === 2)?.content ?? []).toString(),
    'its worker ended: hang (SIGKILL)',
  );
  t.is(Buffer.from(fields.find(({ number }) => number === 5)?.content ?? []).toString(), 'GET /');
  t.is(spanIdOf(ended, 'protobuf'), ID);
  t.true(fields.filter(({ number }) => number === 9).length >= 3);
});

test('no span ends before it begins, though the clock was set back', (t) => {
  t.is(endOf(endAsError(begun(), 'protobuf', { at: 0 })), START);
  const ended = JSON.parse(
    Buffer.from(endAsError(json({ startTimeUnixNano: String(START) }), 'json', { at: 5 })).toString(),
  );
  t.is(ended.resourceSpans[0].scopeSpans[0].spans[0].endTimeUnixNano, String(START));
});

test('the same in JSON, behind the attributes that it has', (t) => {
  const at = Number(START / 1_000_000n) + 1;
  const request = json({ startTimeUnixNano: String(START), attributes: [{ key: 'a', value: { intValue: 1 } }] });
  const ended = endAsError(request, 'json', { at, exit: { ...exit, signal: null, code: 3 } });
  const [span] = JSON.parse(Buffer.from(ended).toString()).resourceSpans[0].scopeSpans[0].spans;
  t.is(span.endTimeUnixNano, String(START + 1_000_000n));
  t.deepEqual(span.status, { code: 2, message: 'its worker ended: hang (code 3)' });
  t.deepEqual(
    span.attributes.map(({ key }: { key: string }) => key),
    ['a', 'kf.interrupted', 'kf.worker.exit.reason', 'process.exit.code'],
  );
});

test('where nobody knows how the worker ended, that is what is said', (t) => {
  const ended = endAsError(json({ attributes: 'none' }), 'json', { at: 1 });
  const [span] = JSON.parse(Buffer.from(ended).toString()).resourceSpans[0].scopeSpans[0].spans;
  t.is(span.status.message, 'its worker ended');
  t.deepEqual(span.attributes.at(-1), { key: 'kf.worker.exit.reason', value: { stringValue: 'unknown' } });
});

for (const encoding of ['protobuf', 'json'] as const) {
  const request = encoding === 'json' ? json({ parentSpanId: PARENT }) : begun();
  test(`a span is found by its own id and not by that of its parent, in ${encoding}`, (t) => {
    t.is(spanIdOf(request, encoding), ID);
    t.deepEqual(spansWith([ID, PARENT, 'bbbbbbbbbbbbbbbb'], request, encoding), [ID]);
    t.deepEqual(spansWith([PARENT], request, encoding), []);
    t.deepEqual(spansWith([], request, encoding), []);
  });
}

test('what is no request has no span; damage in JSON is an error of its form', (t) => {
  t.is(spanIdOf(new Uint8Array(0), 'protobuf'), undefined);
  t.is(spanIdOf(Buffer.from([0xff]), 'protobuf'), undefined);
  t.is(endAsError(Buffer.from([0xff]), 'protobuf', { at: 1 }).length, 0);
  t.throws(() => endAsError(Buffer.from('{'), 'json', { at: 1 }), { instanceOf: SyntaxError });
});
