import test from 'ava';
import type { PrimaryMessage, WorkerStats } from '../../src/contract/messages.js';
import type { Phase } from '../../src/contract/phases.js';
import type { SpanWatchReport } from '../../src/contract/watched-span.js';
import { Requests } from '../../src/supervisor/pending-replies.js';
import { createRequestBroker } from '../../src/supervisor/request-broker.js';
import { createSpanWatches } from '../../src/supervisor/span-watches.js';
import { createTimers } from '../../src/supervisor/timers.js';
import { ScriptedPorts } from './scripted-ports.js';

const stats = (requests: number) => ({ requests }) as WorkerStats;

function broker() {
  const ports = new ScriptedPorts();
  const sent: [number, PrimaryMessage][] = [];
  return { ports, sent, broker: createRequestBroker(ports, (id, message) => void sent.push([id, message])) };
}

test('workers are asked all at once, and when all have answered nobody waits for the deadline', async (t) => {
  const { ports, sent, broker: asked } = broker();
  const answers = asked.ask('stats', [1, 2], 500);
  t.deepEqual(sent, [
    [1, { type: 'stats', request: 1 }],
    [2, { type: 'stats', request: 1 }],
  ]);
  asked.take(1, { type: 'stats', request: 1, answer: stats(10) });
  asked.take(2, { type: 'stats', request: 1, answer: stats(20) });
  t.deepEqual(
    [...(await answers)],
    [
      [1, stats(10)],
      [2, stats(20)],
    ],
  );
  t.deepEqual(ports.clock.armed, []);
});

test("one that does not answer is missing, and its late answer is nobody's", async (t) => {
  const { ports, broker: asked } = broker();
  const answers = asked.ask('metrics', [1, 2], 500);
  asked.take(2, { type: 'metrics', request: 1, answer: 'b 1\n' });
  ports.advance(500);
  t.deepEqual([...(await answers)], [[2, 'b 1\n']]);
  asked.take(1, { type: 'metrics', request: 1, answer: 'late' });
});

test('an answer of another kind, of another number, or said twice, counts as none', async (t) => {
  const { ports, broker: asked } = broker();
  const answers = asked.ask('stats', [1, 2], 500);
  asked.take(1, { type: 'metrics', request: 1, answer: 'x' });
  asked.take(2, { type: 'stats', request: 9, answer: stats(1) });
  asked.take(1, { type: 'stats', request: 1, answer: stats(1) });
  asked.take(1, { type: 'stats', request: 1, answer: stats(2) });
  ports.advance(500);
  t.deepEqual([...(await answers)], [[1, stats(2)]]);
});

test('without a worker to be asked nothing is armed', async (t) => {
  const { ports, broker: asked } = broker();
  t.is((await asked.ask('stats', [], 500)).size, 0);
  t.deepEqual(ports.clock.armed, []);
});

test('each request has an answer of its own, once; those that wait at the end have one too', async (t) => {
  const requests = new Requests();
  const numbers: number[] = [];
  const [first, second] = [requests.ask((n) => numbers.push(n)), requests.ask((n) => numbers.push(n))];
  t.deepEqual(numbers, [1, 2]);
  requests.reply(2, { ok: true });
  requests.reply(2, { ok: false, code: 'BUSY', why: 'late' });
  requests.reply(7, { ok: true });
  t.deepEqual(await second, { ok: true });
  requests.replyToAll({ ok: false, code: 'STOPPING', why: 'over' });
  t.like(await first, { ok: false, code: 'STOPPING' });
});

test('an answer that comes while the request is being made is not lost', async (t) => {
  const requests = new Requests();
  t.deepEqual(await requests.ask((n) => requests.reply(n, { ok: true })), { ok: true });
});

test('a timer that is armed again moves, one that is disarmed does not fire, and one that fired may be armed', (t) => {
  const ports = new ScriptedPorts();
  const fired: string[] = [];
  const timers = createTimers(ports, (key) => fired.push(`${key} ${ports.now()}`));
  timers.arm('boot:1', 10);
  timers.arm('boot:1', 20);
  timers.arm('boot:2', 15);
  timers.arm('drain:1', -5);
  timers.disarm('boot:2');
  timers.disarm('boot:9');
  ports.advance(12);
  t.deepEqual(fired, ['drain:1 0']);
  ports.advance(10);
  t.deepEqual(fired.slice(1), ['boot:1 20']);
  timers.arm('boot:1', 30);
  timers.clear();
  ports.advance(100);
  t.is(fired.length, 2);
});

const SEEN: Omit<SpanWatchReport, 'watch'> = { spans: [], seen: 1, fate: 'open' };
const sender = (id: number) => ({ id, slot: id - 1, pid: 100 + id });

/** A watch over these workers. */
function watching(workers: readonly { id: number; phase: Phase }[], traceId?: string) {
  const ports = new ScriptedPorts();
  const sent: [number, PrimaryMessage][] = [];
  const watches = createSpanWatches(ports, (id, message) => void sent.push([id, message]));
  const abort = new AbortController();
  const begun: (readonly number[])[] = [];
  const reports: number[] = [];
  let over = false;
  const order = { ms: 10_000, signal: abort.signal, ...(traceId !== undefined && { traceId }) };
  const ended = watches
    .watch({ ...order, onBegun: (silent) => begun.push(silent), onReport: ({ id }) => reports.push(id) }, workers)
    .then(() => {
      over = true;
    });
  const say = (id: number, last?: true) => watches.take(sender(id), { watch: 1, ...SEEN, ...(last && { last }) });
  const isOver = async () => {
    await new Promise(setImmediate);
    return over;
  };
  return { ports, sent, watches, abort, begun, reports, ended, say, isOver };
}

test('a watch is over when each worker has said its last', async (t) => {
  const { say, isOver, begun, reports, ports } = watching([
    { id: 1, phase: 'ready' },
    { id: 2, phase: 'ready' },
  ]);
  say(1);
  t.deepEqual(begun, []);
  say(2);
  t.deepEqual(begun, [[]]);
  say(1, true);
  t.false(await isOver());
  say(2, true);
  t.true(await isOver());
  t.deepEqual([reports, ports.clock.armed], [[1, 2, 1, 2], []]);
  say(2, true);
  t.is(reports.length, 4, 'a word behind the end');
});

test('who does not begin is named after half a second, and holds nothing up at the end', async (t) => {
  const { say, isOver, begun, ports } = watching([
    { id: 1, phase: 'ready' },
    { id: 2, phase: 'ready' },
  ]);
  say(1);
  ports.advance(500);
  t.deepEqual(begun, [[2]]);
  say(1, true);
  ports.advance(9_499);
  t.false(await isOver());
  ports.advance(1);
  t.true(await isOver());
});

test('a slot without a process is not waited for, and does not count as silent', async (t) => {
  const { say, sent, isOver, begun } = watching([
    { id: 1, phase: 'ready' },
    { id: 2, phase: 'backoff' },
    { id: 3, phase: 'failed' },
  ]);
  t.deepEqual(
    sent.map(([id]) => id),
    [1],
  );
  say(1);
  t.deepEqual(begun, [[]]);
  say(1, true);
  t.true(await isOver());
});

test('one that began and never says its last is given half a second more', async (t) => {
  const { say, isOver, ports } = watching([{ id: 1, phase: 'ready' }]);
  say(1);
  ports.advance(10_499);
  t.false(await isOver());
  ports.advance(1);
  t.true(await isOver());
});

test('a worker that boots meanwhile takes part, with the time that is left; one that ends is waited for no more', async (t) => {
  const { watches, sent, say, isOver, ports } = watching([{ id: 1, phase: 'ready' }], 'abc');
  say(1);
  ports.advance(4_000);
  watches.booted(2);
  t.deepEqual(sent.at(-1), [2, { type: 'watch', watch: 1, ms: 6_000, traceId: 'abc' }]);
  watches.forget(1);
  watches.forget(2);
  t.false(await isOver(), 'a worker that is forked later may still see the trace');
  ports.advance(6_000);
  t.true(await isOver());
});

test('who asked and goes ends it; who has gone before has no watch at all', async (t) => {
  const { abort, isOver, ports, watches } = watching([{ id: 1, phase: 'ready' }]);
  abort.abort();
  t.true(await isOver());
  t.deepEqual(ports.clock.armed, []);
  const sent = watches.watch({ ms: 5, signal: abort.signal, onReport: () => t.fail() }, [{ id: 1, phase: 'ready' }]);
  await sent;
  t.deepEqual(ports.clock.armed, []);
});
