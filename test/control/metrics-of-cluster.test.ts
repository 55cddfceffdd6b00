import test, { type ExecutionContext } from 'ava';
import { type ItemAccount, NO_SPANS, type SpanAccount } from '../../src/contract/item-account.js';
import type { WorkerStats } from '../../src/contract/messages.js';
import { metricsText } from '../../src/control/cluster-metrics.js';
import { createCounters } from '../../src/control/counters.js';
import { STATS } from '../helpers/worker-stats.js';
import { hosted } from './hosted.js';

/** A cluster of two whose workers have those accounts, and its metrics as samples: `name{labels}` and value. */
async function measured(t: ExecutionContext, accounts: readonly (SpanAccount | undefined)[]) {
  const all = await hosted(t);
  const counters = createCounters(all.supervisor);
  const before = all.ports.onSend;
  all.ports.onSend = (worker, message) => {
    if (message.type !== 'stats') return before(worker, message);
    const spans = accounts[worker.spec.boot.slot];
    const answer: WorkerStats = { ...STATS, ...(spans && { spans }) };
    worker.say({ type: 'stats', request: message.request, answer });
  };
  const text = async () => {
    const whole = await metricsText(all.host, counters);
    const samples = whole.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
    return new Map(samples.map((line) => [line.slice(0, line.lastIndexOf(' ')), Number(line.split(' ').at(-1))]));
  };
  return { ...all, text };
}

const account = (change: Partial<ItemAccount> = {}): ItemAccount => ({ ...NO_SPANS, ...change });

test('spans are summed over the workers by what became of them, drops by their cause', async (t) => {
  const dropped = { ...NO_SPANS.dropped, disk_full: 2 };
  const { text } = await measured(t, [
    account({ ended: 10, exported: 6, spooled: 2, dropped, resent: 3 }),
    account({ ended: 5, recovered: 1, exported: 5, rejected: 1 }),
  ]);
  const found = await text();
  const of = (state: string) => found.get(`kf_cluster_spans_total{state="${state}"}`);
  t.deepEqual(['ended', 'recovered', 'exported', 'rejected'].map(of), [15, 1, 11, 1]);
  t.is(found.get('kf_cluster_spans_total{state="dropped",cause="disk_full"}'), 2);
  t.is(found.get('kf_cluster_spans_total{state="dropped",cause="late"}'), 0);
  t.is(found.get('kf_cluster_spans_resent_total'), 3);
});

test('what a refusal holds is all that waits, of the worker that is refused alone', async (t) => {
  const { text } = await measured(t, [
    account({ ended: 9, spooled: 4, pending: 5, held: 'the key is wrong' }),
    account({ ended: 9, spooled: 4, pending: 5 }),
  ]);
  const held = [...(await text())].filter(([name]) => name.startsWith('kf_cluster_spans_held{'));
  t.deepEqual(
    held.map(([name, value]) => [/slot="(\d)"/.exec(name)?.[1], value]),
    [
      ['0', 9],
      ['1', 0],
    ],
  );
});

test('families of log records are there once a worker sends any, for each worker', async (t) => {
  const without = await measured(t, [account({ ended: 1 }), undefined]);
  t.false([...(await without.text()).keys()].some((name) => name.includes('log_records')));
  const logs = account({ ended: 7, exported: 3, pending: 1, spooled: 3, held: 'no', resent: 2 });
  const { text } = await measured(t, [{ ...account({ ended: 1 }), logs }, account()]);
  const found = await text();
  const of = (name: string, slot: number) =>
    [...found].find(([key]) => key.startsWith(`kf_cluster_${name}{`) && key.includes(`slot="${slot}"`))?.[1];
  t.deepEqual([of('log_records_pending', 0), of('log_records_spooled', 0), of('log_records_held', 0)], [1, 3, 4]);
  t.deepEqual([of('log_records_pending', 1), of('log_records_spooled', 1), of('log_records_held', 1)], [0, 0, 0]);
  t.is(found.get('kf_cluster_log_records_total{state="ended"}'), 7);
  t.is(found.get('kf_cluster_log_records_resent_total'), 2);
});

test('what a worker has reported at its end counts on when it is gone, and its end by its reason', async (t) => {
  const { text, ports } = await measured(t, [undefined, account({ ended: 2, exported: 2 })]);
  const spans = account({ ended: 8, exported: 8 });
  ports.worker(1).say({ type: 'flushed', instanceId: 'a', ms: 1, requests: 40, spans });
  const ended = async () => (await text()).get('kf_cluster_spans_total{state="ended"}');
  ports.rolls.push(0, 0, 0);
  ports.worker(1).exit(1);
  t.is(await ended(), 10);
  t.is(await ended(), 10, 'and each look sees the same');
  const reasons = [...(await text())].filter(([name]) => /^kf_cluster_\w*exits_total\{/.test(name));
  t.deepEqual(
    reasons.filter(([, value]) => value > 0).map(([name]) => /reason="(\w+)"/.exec(name)?.[1]),
    ['crash'],
  );
});
