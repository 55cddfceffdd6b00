import test from 'ava';
import { delimited, prefix } from '../../../src/telemetry/outbox/format/wire.js';
import { nodePorts } from '../../../src/telemetry/outbox/outbox-ports.js';
import { grpcTimeout } from '../../../src/telemetry/outbox/send/grpc-transport.js';
import {
  fromGrpcStatus,
  fromHttpStatus,
  noAnswer,
  type Outcome,
  retry,
} from '../../../src/telemetry/outbox/send/outcome.js';
import { Pause } from '../../../src/telemetry/outbox/send/pause.js';
import { RequestTimeout } from '../../../src/telemetry/outbox/send/request-timeout.js';
import { acceptedJson, acceptedProtobuf, retryInfoMs } from '../../../src/telemetry/outbox/send/response.js';
import { GONE, HELD, OVERLOADED } from '../../../src/telemetry/outbox/send/send-backoff.js';

const text = (value: string) => Buffer.from(value);
const partial = (...fields: Uint8Array[]) => delimited(1, fields);
const varint = (number: number, ...bytes: number[]) => Buffer.from([number << 3, ...bytes]);

for (const [what, bytes, rejected, message] of [
  ['nothing', new Uint8Array(0), 0, ''],
  ['a count and why', partial(varint(1, 0xac, 0x02), delimited(2, [text('too old')])), 300, 'too old'],
  ['a count of 0', partial(varint(1, 0)), 0, ''],
  ['a count of -1, which is one of ten bytes', partial(varint(1, ...Array(9).fill(0xff), 0x01)), 0, ''],
  ['a message that would steer a terminal', partial(delimited(2, [text('\u001b[2J\nx')])), 0, '\\x1b[2J\\x0ax'],
  ['bytes that are no message', Buffer.from([0xff, 0xff, 0xff]), 0, ''],
  ['a message that is cut', partial(varint(1, 5)).subarray(0, 2), 0, ''],
] as const) {
  test(`a success of protobuf with ${what} rejects ${rejected}`, (t) => {
    t.deepEqual(acceptedProtobuf(bytes), { type: 'accepted', rejected, message });
  });
}

for (const [what, body, rejected, message] of [
  ['nothing', '', 0, ''],
  ['no JSON', '<html>', 0, ''],
  [
    'spans as text, as a 64-bit number is written',
    '{"partialSuccess":{"rejectedSpans":"7","errorMessage":"x"}}',
    7,
    'x',
  ],
  ['log records', '{"partialSuccess":{"rejectedLogRecords":2}}', 2, ''],
  ['data points', '{"partialSuccess":{"rejectedDataPoints":3}}', 3, ''],
  ['what is no number', '{"partialSuccess":{"rejectedSpans":"many"}}', 0, ''],
  ['less than nothing', '{"partialSuccess":{"rejectedSpans":-5}}', 0, ''],
  ['half a span', '{"partialSuccess":{"rejectedSpans":0.5}}', 0, ''],
  ['an object in its place', '{"partialSuccess":{"rejectedSpans":{},"errorMessage":[1]}}', 0, '1'],
  ['a list', '{"partialSuccess":[1]}', 0, ''],
  ['null', 'null', 0, ''],
] as const) {
  test(`a success of JSON with ${what} rejects ${rejected}`, (t) => {
    t.deepEqual(acceptedJson(text(body)), { type: 'accepted', rejected, message });
  });
}

const info = (...delay: Uint8Array[]) =>
  delimited(3, [delimited(1, [text('type.googleapis.com/google.rpc.RetryInfo')]), delimited(2, [delimited(1, delay)])]);
for (const [what, details, ms] of [
  ['seconds and nanoseconds', info(varint(1, 2), varint(2, 0x80, 0xe5, 0x9a, 0x77)), 2_250],
  ['no delay', info(), 0],
  ['of another kind', delimited(3, [delimited(1, [text('x/google.rpc.DebugInfo')])]), undefined],
  ['no details', new Uint8Array(0), undefined],
  ['bytes that are none', Buffer.from([0x1a, 0x7f]), undefined],
] as const) {
  test(`a collector that says when, with ${what}: ${ms}`, (t) => t.is(retryInfoMs(details), ms));
}

const NOW = Date.UTC(2026, 0, 1);
for (const [retryAfter, ms] of [
  [undefined, undefined],
  ['7', 7_000],
  ['0', 0],
  ['-3', 0],
  ['1.5', 1_500],
  ['Thu, 01 Jan 2026 00:00:10 GMT', 10_000],
  ['Thu, 01 Jan 2015 00:00:00 GMT', 0],
  ['soon', undefined],
] as const) {
  test(`Retry-After: ${retryAfter} is ${ms} ms`, (t) => {
    t.like(fromHttpStatus(503, { retryAfter }, NOW), { type: 'retry', afterMs: ms });
  });
}

for (const [code, message, after, type] of [
  [8, '', undefined, 'refused'],
  [8, '', 0, 'retry'],
  [8, 'grpc: received message larger than max (5 vs. 4)', undefined, 'too-large'],
  [8, 'grpc: received message larger than max (5 vs. 4)', 100, 'retry'],
  [11, 'message exceeds maximum', undefined, 'too-large'],
  [14, 'too large to be up', undefined, 'retry'],
  [16, '', undefined, 'held'],
  [99, '', undefined, 'refused'],
  [Number.NaN, '', undefined, 'refused'],
] as const) {
  test(`gRPC status ${code}${message && `, ${message},`} with ${after} ms named is ${type}`, (t) => {
    t.is(fromGrpcStatus(code, message, after).type, type);
  });
}

/** The pause of a sender whose clock is moved by hand, with what was warned of. */
function pausing() {
  const clock = { now: 1_000 };
  const warned: string[] = [];
  const ports = { ...nodePorts, now: () => clock.now, random: () => 1 };
  const pause = new Pause(ports, (what) => warned.push(what));
  const fail = (outcome: Outcome) => {
    if (outcome.type === 'retry') pause.begin(outcome, 10_000);
    return pause.left();
  };
  return { clock, warned, pause, fail };
}

test('pauses double up to the longest, and begin anew after a success', (t) => {
  const { pause, fail } = pausing();
  t.deepEqual(
    Array.from({ length: 6 }, () => fail(retry('gone'))),
    [50, 100, 200, 400, 500, 500],
  );
  t.true(pause.failing);
  pause.end();
  t.deepEqual([pause.failing, pause.left() <= 0, fail(retry('gone'))], [false, true, 50]);
});

test('a collector with too much to do is left alone for longer, whatever was the matter before', (t) => {
  const { fail } = pausing();
  fail(retry('gone'));
  t.is(fail(noAnswer(5)), 250);
  t.is(fail(noAnswer(5)), 500);
  t.is(fail(retry('gone')), 100, 'it is the same outage');
});

test('who takes requests and hangs up is asked less and less often, whatever comes in between', (t) => {
  const { clock, pause, fail } = pausing();
  const hungUp = () => {
    const ms = fail(retry('socket hang up', { reached: true }));
    clock.now += ms;
    return ms;
  };
  const began = clock.now;
  t.deepEqual(
    Array.from({ length: 7 }, () => [hungUp(), fail(retry('ECONNREFUSED'))][0]),
    [50, 100, 200, 400, 800, 1_600, 3_200],
  );
  t.deepEqual(
    Array.from({ length: 3 }, () => Math.round(hungUp())),
    [5_000, 5_500, 6_050],
  );
  while (hungUp() < 30_000) t.true(clock.now - began < 300_000);
  t.true(clock.now - began > 240_000, 'the longest wait is that of a long outage');
  t.is(hungUp(), 30_000);
  pause.end();
  t.is(hungUp(), 50);
});

test('a pause that the collector names is kept, cut short by nobody, and bounded', (t) => {
  const { pause, fail, clock } = pausing();
  t.is(fail(retry('busy', { afterMs: 7_000 })), 7_000);
  pause.cutShort();
  t.is(pause.left(), 7_000);
  t.is(fail(retry('busy', { afterMs: 1e12 })), 300_000);
  clock.now += 300_001;
  t.true(pause.left() < 0);
});

test('one of no time is none: requests would follow each other without a pause', (t) => {
  const { pause, fail } = pausing();
  t.is(fail(retry('busy', { afterMs: 0, overloaded: true })), 250);
  t.is(fail(retry('busy', { afterMs: 0, overloaded: true })), 500);
  pause.cutShort();
  t.true(pause.left() <= 0, 'nobody has asked for it');
});

test('an outage is said once, and again after a minute; what is slow and what is refused each by itself', (t) => {
  const { pause, fail, warned, clock } = pausing();
  for (let i = 0; i < 3; i++) fail(retry('gone'));
  fail(noAnswer(5));
  fail(noAnswer(5));
  pause.hold('401');
  pause.hold('401');
  pause.remark('hello');
  t.is(warned.length, 4);
  pause.end();
  fail(retry('gone'));
  t.is(warned.length, 4);
  clock.now += 60_001;
  pause.end();
  fail(retry('gone'));
  t.is(warned.length, 5);
});

for (const [name, backoff, first, longest] of [
  ['gone', GONE, 50, 500],
  ['overloaded', OVERLOADED, 250, 5_000],
  ['held', HELD, 5_000, 60_000],
] as const) {
  test(`the pauses of ${name} lie in the upper half of what doubles from ${first} to ${longest} ms`, (t) => {
    let one = backoff;
    for (let i = 0; i < 20; i++) one = one.next();
    t.deepEqual([backoff.ms(0), backoff.ms(1), one.ms(0), one.ms(1)], [first / 2, first, longest / 2, longest]);
    t.is(backoff.ms(1), first, 'what follows changes nothing of it');
  });
}

test('a request is waited for twice as long after one without an answer; several of one time count once', (t) => {
  const timeout = new RequestTimeout(10_000);
  timeout.passed(10_000);
  timeout.passed(10_000);
  t.is(timeout.ms, 20_000);
  timeout.passed(20_000);
  timeout.passed(30_000);
  t.deepEqual([timeout.ms, timeout.set], [30_000, 10_000]);
  const long = new RequestTimeout(120_000);
  long.passed(120_000);
  t.is(long.ms, 120_000, 'what was set is never made shorter');
});

test('the time of a request is eight digits at most, as gRPC takes it, and no shorter than asked for', (t) => {
  t.deepEqual([0.4, 10_000, 99_999_999, 100_000_000, 2 ** 31 - 1].map(grpcTimeout), [
    ...['1m', '10000m', '99999999m', '100000S', '2147484S'],
  ]);
});

test('lengths of protobuf are as long as they must be, at each border', (t) => {
  for (const [length, bytes] of [
    [0, [0x0a, 0]],
    [127, [0x0a, 0x7f]],
    [128, [0x0a, 0x80, 0x01]],
    [16_383, [0x0a, 0xff, 0x7f]],
    [16_384, [0x0a, 0x80, 0x80, 0x01]],
    [2_097_152, [0x0a, 0x80, 0x80, 0x80, 0x01]],
    [268_435_456, [0x0a, 0x80, 0x80, 0x80, 0x80, 0x01]],
  ] as const) {
    t.deepEqual([...prefix(1, length)], [...bytes]);
  }
});
