import test, { type ExecutionContext } from 'ava';
import type { FollowLine, WatchedWorker } from '../../src/contract/control-protocol.js';
import type { SpanWatchReport } from '../../src/contract/watched-span.js';
import type { ScriptedWorker } from '../supervisor/scripted-ports.js';
import { hosted, refused } from './hosted.js';

const TRACE = '0123456789abcdef0123456789abcdef';

type Said = Partial<Omit<SpanWatchReport, 'watch'>>;

/** A cluster whose workers answer each order to look at spans as the test says. */
async function watched(t: ExecutionContext, look: (worker: ScriptedWorker) => readonly Said[]) {
  const all = await hosted(t);
  const { ports } = all;
  const before = ports.onSend;
  const orders: { readonly traceId: string | undefined; readonly ms: number }[] = [];
  ports.onSend = (worker, message) => {
    before(worker, message);
    if (message.type !== 'watch') return;
    orders.push({ traceId: message.traceId, ms: message.ms });
    for (const said of look(worker)) {
      worker.say({ type: 'watched', watch: message.watch, spans: [], seen: 0, fate: 'open', ...said });
    }
  };
  return { ...all, orders };
}

const begun: Said = {};
const ended: Said = { seen: 4, fate: 'acknowledged', last: true };

test('a sample: every worker looks for that long, and what each has seen last comes with the status', async (t) => {
  const { ask, orders } = await watched(t, () => [begun, ended]);
  const answer = await ask<{ status: { phase: string }; watched: WatchedWorker[] }>({ path: '/v1/doctor?seconds=1.5' });
  t.deepEqual(orders, [
    { traceId: undefined, ms: 1_500 },
    { traceId: undefined, ms: 1_500 },
  ]);
  t.is(answer.status.phase, 'running');
  t.deepEqual(
    answer.watched.map(({ slot, pid, seen, fate }) => [slot, pid, seen, fate]),
    [
      [0, 1_001, 4, 'acknowledged'],
      [1, 1_002, 4, 'acknowledged'],
    ],
  );
  t.false(
    answer.watched.some((one) => 'watch' in one),
    'a number of the inside is nobody else`s',
  );
});

test('a sample of no time asks no worker', async (t) => {
  const { ask, orders } = await watched(t, () => [ended]);
  t.like(await ask({ path: '/v1/doctor?seconds=0' }), { watched: [] });
  t.deepEqual(orders, []);
});

test('a worker without a provider says that it is blind', async (t) => {
  const { ask } = await watched(t, () => [{ ...ended, blind: true }]);
  const { watched: all } = await ask<{ watched: WatchedWorker[] }>({ path: '/v1/doctor?seconds=1' });
  t.deepEqual(
    all.map(({ blind }) => blind),
    [true, true],
  );
});

test('how long is a number of seconds up to two minutes: what else is given is refused, and nobody is asked', async (t) => {
  const { ask, orders } = await watched(t, () => [ended]);
  for (const seconds of ['', '-1', '121', '1e1', 'ten', '1.', '5 ']) {
    const call = ask({ path: `/v1/doctor?seconds=${encodeURIComponent(seconds)}` });
    const { code, why } = await refused(t, call);
    t.is(code, 'BAD_REQUEST');
    t.true(why.includes(JSON.stringify(seconds)), why);
  }
  t.deepEqual(orders, []);
});

test('a trace that is followed: who looks, then what each sees of it, as it comes', async (t) => {
  const { ask, orders, ports } = await watched(t, (worker) => (worker === ports.workers[0] ? [begun] : []));
  const lines: FollowLine[] = [];
  const gone = new AbortController();
  const follow = ask<unknown, FollowLine>({
    path: `/v1/follow?trace=${TRACE}&seconds=60`,
    signal: gone.signal,
    onLine: (line) => {
      lines.push(line);
      if (lines.some(({ type }) => type === 'begun') && lines.filter(({ type }) => type === 'seen').length > 1)
        gone.abort();
    },
  });
  while (lines.length === 0) await new Promise(setImmediate);
  t.deepEqual(orders[0], { traceId: TRACE, ms: 60_000 });
  ports.advance(500);
  while (!lines.some(({ type }) => type === 'begun')) await new Promise(setImmediate);
  t.deepEqual(
    lines.find(({ type }) => type === 'begun'),
    { type: 'begun', silent: [1] },
    'and who has not begun in half a second',
  );
  ports.worker(1).say({ type: 'watched', watch: 1, spans: [], seen: 2, fate: 'waiting', why: 'ECONNREFUSED' });
  await follow;
  t.like(lines.at(-1), { type: 'seen', slot: 0, pid: 1_001, seen: 2, fate: 'waiting', why: 'ECONNREFUSED' });
});

test('only a whole trace id is followed', async (t) => {
  const { ask, orders } = await watched(t, () => [ended]);
  for (const trace of ['', 'x', TRACE.slice(1), `${TRACE}0`, TRACE.toUpperCase(), `${TRACE.slice(2)}zz`]) {
    t.is((await refused(t, ask({ path: `/v1/follow?trace=${trace}`, onLine: () => t.fail() }))).code, 'BAD_REQUEST');
  }
  t.deepEqual(orders, []);
});
