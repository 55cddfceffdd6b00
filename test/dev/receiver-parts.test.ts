import { once } from 'node:events';
import { connect, createServer } from 'node:net';
import { Writable } from 'node:stream';
import test from 'ava';
import { responseBytes, responseJson, statusJson } from '../../src/dev/answers.js';
import { readBuckets } from '../../src/dev/buckets.js';
import { FaultPlan } from '../../src/dev/faults.js';
import { Intake, type Listeners, type RequestInfo } from '../../src/dev/intake.js';
import { listen } from '../../src/dev/listener.js';
import { openPort } from '../../src/dev/open-port.js';
import { createPrinter } from '../../src/dev/printer.js';
import { smallRequest } from '../helpers/otlp-bytes.js';

const INFO: RequestInfo = { transport: 'http', encoding: 'protobuf', headers: { a: 'b' }, bytes: 9 };
const JSON_INFO: RequestInfo = { ...INFO, encoding: 'json' };

function intake(listeners: Partial<Listeners> = {}) {
  const names: string[][] = [];
  const plan = new FaultPlan();
  const made = new Intake(plan, { onTraces: (spans) => void names.push(spans.map(({ name }) => name)), ...listeners });
  return { plan, names, intake: made };
}

test('a request is counted when it has come, and its items when they are taken', async (t) => {
  const { plan, intake: one, names } = intake();
  plan.faults = { refuse: { grpc: 8, http: 429, message: 'slow', retryAfterMs: 5 } };
  t.deepEqual(await one.handle('traces', smallRequest(2), INFO), {
    ...{ kind: 'refused', grpc: 8, http: 429, message: 'slow', retryAfterMs: 5 },
  });
  plan.faults = {};
  t.deepEqual(await one.handle('traces', smallRequest(2), INFO), { kind: 'taken', rejected: 0, message: '' });
  t.is(one.requests, 2);
  t.deepEqual(one.counts.traces, { requests: 1, items: 2 });
  t.deepEqual(names, [['span 0', 'span 1']]);
});

test('counts that were given out do not change behind their reader', async (t) => {
  const { intake: one } = intake();
  const before = one.counts;
  const refusals = one.refusals.all;
  await one.handle('traces', smallRequest(1), INFO);
  await one.handle('traces', Buffer.from([0x0a, 0xff]), INFO);
  t.is(before.traces.requests, 0);
  t.is(refusals.malformed, 0);
});

test('of more rejected items than a request has all are rejected, and that it was on purpose is said', async (t) => {
  const { plan, intake: one, names } = intake();
  plan.faults = { partial: { rejected: 9 } };
  t.deepEqual(await one.handle('traces', smallRequest(2), INFO), {
    ...{ kind: 'taken', rejected: 2, message: 'rejected on purpose' },
  });
  t.deepEqual(names, [[]]);
  t.deepEqual(one.counts.traces, { requests: 1, items: 0 });
});

test('a refusal comes before silence, silence before a reset, and only with takes are items taken', async (t) => {
  const { plan, intake: one, names } = intake();
  const answer = async (faults: FaultPlan['faults']) => {
    plan.faults = faults;
    return (await one.handle('traces', smallRequest(1), INFO)).kind;
  };
  t.is(await answer({ refuse: {}, silent: true, reset: true }), 'refused');
  t.is(await answer({ silent: true, reset: true }), 'silent');
  t.is(await answer({ reset: true, partial: { rejected: 1 } }), 'reset');
  t.deepEqual(names, []);
  t.is(await answer({ reset: true, takes: true }), 'reset');
  t.deepEqual(names, [['span 0']]);
});

test('a gate that fails lets a request through as one that opens', async (t) => {
  const { plan, intake: one } = intake();
  plan.faults = { hold: Promise.reject(new Error('the gate')) };
  t.is((await one.handle('traces', smallRequest(1), INFO)).kind, 'taken');
});

test('what is malformed, heavy, or fails in a listener is told apart, and the sender is at fault for the first two', async (t) => {
  const { intake: one } = intake({
    onLogs: () => {
      throw new Error('the store is full');
    },
    onMetrics: () => {
      throw 'a text';
    },
  });
  const kinds = [
    await one.handle('traces', Buffer.from('{"resourceSpans":7}'), JSON_INFO),
    await one.handle('traces', Buffer.from(`{"resourceSpans":[${Array(2e6).fill('[]').join()}]}`), JSON_INFO),
    await one.handle('logs', Buffer.from('{}'), JSON_INFO),
    await one.handle('metrics', Buffer.from('{}'), JSON_INFO),
  ];
  t.deepEqual(
    kinds.map(({ kind }) => kind),
    ['malformed', 'too-large', 'failed', 'failed'],
  );
  t.like(kinds[2], { message: 'the store is full' });
  t.like(kinds[3], { message: 'a text' });
  t.like(one.refusals.all, { malformed: 1, 'too large': 1, 'at a bad time': 0 });
});

test('who waits for so many requests goes on with the one that makes them up, and at once when they have come', async (t) => {
  const { intake: one } = intake();
  const order: string[] = [];
  const waits = [2, 1].map((count) => one.arrived(count).then(() => order.push(`${count}`)));
  for (const at of [1, 2]) {
    await one.handle('traces', smallRequest(1), INFO);
    order.push(`request ${at}`);
  }
  await Promise.all(waits);
  await one.arrived(0);
  await one.arrived(2);
  t.deepEqual(
    order.filter((text) => text.length === 1),
    ['1', '2'],
  );
  t.true(order.indexOf('1') < order.indexOf('request 2'));
});

test('an answer without rejected items is empty, and names the field of its signal where there are some', (t) => {
  t.is(responseBytes(0, '').length, 0);
  t.is(responseJson('logs', 0, ''), '{}');
  t.deepEqual(JSON.parse(responseJson('logs', 3, 'why')).partialSuccess, {
    rejectedLogRecords: '3',
    errorMessage: 'why',
  });
  t.deepEqual(JSON.parse(responseJson('traces', 0, 'a warning')).partialSuccess, {
    ...{ rejectedSpans: '0', errorMessage: 'a warning' },
  });
  t.deepEqual(JSON.parse(statusJson(3, 'a "quote"')), { code: 3, message: 'a "quote"' });
});

test('an exponential histogram with more buckets than a call has arguments is read', (t) => {
  const side = { offset: 0, bucketCounts: Array(200_000).fill(1) };
  const { bounds, counts } = readBuckets(
    { scale: 20, zeroCount: 5, positive: side, negative: side },
    'exponentialHistogram',
  )!;
  t.is(counts.length, bounds.length + 1);
  t.is(
    counts.reduce((sum, one) => sum + one, 0),
    400_005,
  );
  t.is(counts[200_001], 5, 'about zero in the middle');
});

/** What has been written to it, and whether it takes more. */
function output() {
  const written: string[] = [];
  const waiting: (() => void)[] = [];
  let reads = true;
  const to = new Writable({
    decodeStrings: false,
    write: (chunk: string, _encoding, done) => {
      written.push(chunk);
      if (reads) done();
      else waiting.push(done);
    },
  });
  return {
    ...{ to, written },
    stop: () => {
      reads = false;
    },
    read: () => {
      reads = true;
      for (const done of waiting.splice(0)) done();
    },
  };
}

test('lines of one turn are one write, in order; flush writes at once and nothing twice', async (t) => {
  const { to, written } = output();
  const printer = createPrinter(to);
  printer.print('a');
  printer.print('b');
  t.deepEqual(written, []);
  await new Promise<void>((resolve) => setImmediate(resolve));
  t.deepEqual(written, ['a\nb\n']);
  printer.print('c');
  printer.flush();
  printer.flush();
  await new Promise<void>((resolve) => setImmediate(resolve));
  t.deepEqual(written, ['a\nb\n', 'c\n']);
});

test('a reader that does not read loses lines, which are counted, and gets them again when it reads', async (t) => {
  const out = output();
  const printer = createPrinter(out.to);
  out.stop();
  const long = 'x'.repeat(1 << 20);
  for (let at = 0; at < 10; at++) printer.print(long);
  t.true(printer.unread() >= 5 && printer.unread() <= 6, `${printer.unread()}`);
  printer.flush();
  printer.print(long);
  const lost = printer.unread();
  out.read();
  await new Promise<void>((resolve) => setImmediate(resolve));
  printer.print('after');
  printer.flush();
  t.is(printer.unread(), lost);
  t.is(out.written.at(-1), 'after\n');
});

test('a port that listens before its process is there is not lost to another one, and is free when that is forked', async (t) => {
  const first = await openPort('127.0.0.1', 0);
  t.teardown(first.close);
  t.true(first.port > 0 && first.fd >= 0);
  const second = await openPort('127.0.0.1', first.port);
  t.teardown(second.close);
  t.not(second.port, first.port);
  await t.throwsAsync(once(connect(first.port, '127.0.0.1'), 'close'), { code: 'ECONNRESET' });
  await t.throwsAsync(openPort('203.0.113.7', 0), { code: 'EADDRNOTAVAIL' }, 'no address of this machine');
});

test('a listener that went away comes back on its port; a second pause is none', async (t) => {
  const one = await listen('127.0.0.1', 0, (socket) => socket.end('hello'));
  await one.pause();
  await one.pause();
  const taken = createServer();
  await one.resume();
  t.teardown(() => one.pause());
  const socket = connect(one.port, '127.0.0.1').setEncoding('utf8');
  t.deepEqual(await once(socket, 'data'), ['hello']);
  taken.listen(one.port, '127.0.0.1');
  const [error] = await once(taken, 'error');
  t.is(error.code, 'EADDRINUSE');
  t.notThrows(() => one.reset('127.0.0.1:1'), 'a peer that is gone');
});
