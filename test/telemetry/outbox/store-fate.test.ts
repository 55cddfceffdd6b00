import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { Account, balance } from '../../../src/telemetry/outbox/account.js';
import { bySignal } from '../../../src/telemetry/outbox/pipeline.js';
import { Journal } from '../../../src/telemetry/outbox/store/journal.js';
import { type Delivery, Store, type StoreOptions } from '../../../src/telemetry/outbox/store/store.js';
import { filesBelow, tempDir } from '../../helpers/spool.js';
import { manualPorts } from './manual-ports.js';

/** A store with its journal, and how its items fared. */
function storing(t: ExecutionContext, delivery: Delivery, more: Partial<StoreOptions> & { maxBytes?: number } = {}) {
  const manual = manualPorts();
  const { ports } = manual;
  const root = join(tempDir(t), 'spool');
  const drops: { cause: string; items: number; why: string }[] = [];
  const journal =
    delivery === 'memory'
      ? undefined
      : new Journal({
          ...{ root, maxBytes: more.maxBytes ?? 64 << 20, ports, warn: () => undefined },
          onEvict: (segment) => store.evicted(segment),
          onLost: (segments) => store.lost(segments),
        });
  const onDrop: ConstructorParameters<typeof Account>[0]['onDrop'] = (cause, items, why) =>
    drops.push({ cause, items, why });
  const accounts = bySignal((signal) => new Account({ signal, now: ports.now, onDrop, warnEveryMs: 0 }));
  const store = new Store({ delivery, journal, accounts, ports, ...more });
  t.teardown(() => journal?.close());
  const handIn = (size = 100, items = 1) => {
    accounts.traces.ended += items;
    store.handIn({ kind: 'traces', encoding: 'protobuf', items, parts: [{ bytes: Buffer.alloc(size, 1), items }] });
  };
  const account = () => {
    const said = accounts.traces.snapshot();
    t.is(balance(said), 0, JSON.stringify(said));
    return said;
  };
  return { ...manual, root, journal, store, drops, handIn, account, accounts };
}

/** Puts a day between one record and the next, so that they stay apart. */
const APART_MS = 60_000;

test('memory alone: the oldest go when it is full, and what is left at the end is counted by its cause', (t) => {
  const { store, handIn, account, drops, advance } = storing(t, 'memory', { maxMemoryBytes: 250 });
  for (let i = 0; i < 3; i++) {
    handIn();
    advance(APART_MS);
  }
  t.like(account(), { pending: 2, dropped: { queue_full: 1 } });
  store.drainSync();
  t.like(account(), { pending: 0, dropped: { queue_full: 1, expired: 2 } });
  handIn();
  t.like(account(), { dropped: { late: 1 } });
  t.deepEqual(
    drops.map(({ cause, items }) => [cause, items]),
    [
      ['queue_full', 1],
      ['expired', 1],
      ['expired', 1],
      ['late', 1],
    ],
  );
});

test('a flush that is not the last keeps what is not delivered, and what comes behind it is sent as before', (t) => {
  for (const delivery of ['spool', 'memory'] as const) {
    const { store, handIn, account, accounts, advance } = storing(t, delivery);
    let work = 0;
    store.onWork = () => {
      work += 1;
    };
    handIn();
    store.keepSync();
    t.like(account(), delivery === 'memory' ? { pending: 1, spooled: 0 } : { pending: 0, spooled: 1 });
    advance(APART_MS);
    handIn();
    t.is(work, 2, 'it is to be sent, not to wait for another process');
    for (const entry of store.take(10_000)) {
      t.true(store.settle(entry));
      accounts.traces.exported += entry.items;
    }
    t.like(account(), { pending: 0, spooled: 0, dropped: { late: 0 } }, delivery);
  }
});

test('spool: no file while the collector takes all; once it is gone what waits and what comes goes to disk', (t) => {
  const { store, handIn, account, endTurn, root } = storing(t, 'spool');
  handIn();
  t.throws(() => filesBelow(root), { code: 'ENOENT' });
  store.giveBack(store.take(1_000));
  store.collectorIs('away');
  t.like(account(), { pending: 1, spooled: 0 }, 'not within the turn of a request of the app');
  endTurn();
  t.like(account(), { pending: 0, spooled: 1 });
  handIn();
  t.like(account(), { spooled: 2 });
  store.collectorIs('there');
  handIn();
  t.like(account(), { spooled: 2, pending: 1 });
  store.drainSync();
  t.like(account(), { spooled: 3, pending: 0 });
});

test('journal: each record is on disk before it is reported, and leaves it with its acknowledgement', (t) => {
  const { store, handIn, account, accounts, journal } = storing(t, 'journal');
  handIn();
  t.like(account(), { spooled: 1 });
  t.is(journal?.ownDirectory().settled, false);
  const [taken] = store.take(1_000);
  t.true(store.settle(taken!));
  t.false(store.settle(taken!), 'an answer that comes twice counts once');
  accounts.traces.exported++;
  t.like(account(), { spooled: 0, pending: 0, exported: 1 });
  t.is(journal?.ownDirectory().settled, true);
});

test('what is under way when its file is deleted to make room is lost only if the collector does not take it', (t) => {
  const { store, handIn, drops, journal } = storing(t, 'journal');
  handIn();
  const [entry] = store.take(1_000);
  store.backlog.setChunks(entry!, undefined); // as it is where memory is full
  store.giveBack([entry!]);
  t.deepEqual([drops, store.backlog.entries], [[], [entry!]], 'what is on disk alone is kept');
  store.take(1_000);
  store.evicted([...journal!.ownDirectory().segments][0]!);
  t.deepEqual(drops, []);
  store.giveBack([entry!]);
  t.like(drops[0], { cause: 'disk_full', items: 1 });
  t.true(store.backlog.isEmpty);
});

test('a request that is too large is replaced by its halves, which are as safe on disk as it was', (t) => {
  const { store, account, accounts, drops } = storing(t, 'journal');
  accounts.traces.ended += 3;
  const parts = () => [1, 2].map((items) => ({ bytes: Buffer.alloc(50, items), items }));
  store.handIn({ kind: 'traces', encoding: 'protobuf', items: 3, parts: parts() });
  const [whole] = store.take(1_000);
  store.replace(whole!, parts(), 'too large');
  const halves = store.backlog.entries;
  t.deepEqual(
    halves.map(({ items, alone, stored }) => [items, alone, stored !== undefined]),
    [
      [1, true, true],
      [2, true, true],
    ],
  );
  const [single] = store.take(1_000);
  store.replace(single!, [{ bytes: Buffer.from([255]), items: 1 }], 'HTTP status 413');
  t.like(drops[0], { cause: 'non_retryable', items: 1, why: 'HTTP status 413' });
  t.like(account(), { spooled: 2, pending: 0, dropped: { non_retryable: 1 } });
});

test('too old is what waits longer than it is worth; the rest, and what is under way, stays', (t) => {
  const { store, handIn, drops, advance } = storing(t, 'memory', { maxAgeMs: 100_000 });
  handIn();
  const flying = store.take(1_000);
  handIn(100, 2);
  advance(APART_MS);
  handIn(100, 4);
  store.expire();
  t.deepEqual(drops, []);
  advance(APART_MS);
  store.expire();
  t.deepEqual(
    drops.map(({ cause, items }) => [cause, items]),
    [['expired', 2]],
  );
  t.true(store.settle(flying[0]!));
});

test('a flush waits for what was handed in before it, and not for what comes later or is recovered', async (t) => {
  const { store, handIn, advance } = storing(t, 'memory');
  store.recover([{ signal: 'traces', encoding: 'protobuf', items: 5, bytes: 10, stored: undefined, age: 1_000 }]);
  t.true(await store.flushed(1_000), 'what a dead worker has left is on disk anyway');
  const all = store.flushed(5_000, { recovered: true });
  handIn();
  const flushed = store.flushed(5_000);
  const entries = [...store.take(10), ...store.take(1_000)];
  handIn();
  for (const entry of entries) store.settle(entry);
  t.true(await flushed);
  t.true(await all);
  const late = store.flushed(5_000);
  advance(5_000);
  t.false(await late);
});

test('a flush that others go on with ends when nobody is there, and all is on disk', async (t) => {
  const { store, handIn, account, advance } = storing(t, 'spool');
  handIn();
  const [first] = store.take(1_000);
  const waiting = store.flushed(5_000);
  store.collectorIs('away');
  store.giveBack([first!]);
  t.is(await Promise.race([waiting, Promise.resolve('waits')]), 'waits', 'nobody is known to come after it');
  advance(5_000);
  t.false(await waiting);
  store.collectorIs('there');
  const left = store.flushed(5_000, { othersSend: true });
  const [again] = store.take(1_000);
  store.collectorIs('busy');
  t.is(await Promise.race([left, Promise.resolve('waits')]), 'waits', 'it is there, and takes them later');
  store.collectorIs('away');
  t.false(await left);
  store.giveBack([again!]);
  t.like(account(), { spooled: 1, pending: 0 });
  const held = store.flushed(5_000, { othersSend: true });
  advance(500);
  t.false(await held, 'the next try is held back');
});

test('what is on no disk is waited for, although others go on', async (t) => {
  const { store, handIn, advance } = storing(t, 'memory');
  handIn();
  const flushed = store.flushed(5_000, { othersSend: true });
  store.collectorIs('away');
  t.is(await Promise.race([flushed, Promise.resolve('waits')]), 'waits');
  advance(5_000);
  t.false(await flushed);
});

test('a collector that refuses everything ends the wait of a flush, and not of who waits for requests under way', async (t) => {
  const { store, handIn } = storing(t, 'memory');
  handIn();
  const [entry] = store.take(1_000);
  const flushed = store.flushed(5_000);
  const landed = store.landed(5_000).then(() => 'landed');
  store.collectorIs('refusing');
  t.false(await flushed);
  t.is(await Promise.race([landed, Promise.resolve('under way')]), 'under way');
  store.giveBack([entry!]);
  t.is(await landed, 'landed');
});

test('memory that is full keeps on disk what it cannot hold, and reads it from there again', async (t) => {
  const { store, handIn, account, advance } = storing(t, 'spool', { maxMemoryBytes: 250 });
  for (let i = 0; i < 5; i++) {
    handIn();
    advance(APART_MS);
  }
  t.true(store.backlog.memoryBytes <= 250);
  t.like(account(), { dropped: { queue_full: 0, disk_full: 0 } });
  const { spooled, pending } = account();
  t.is(spooled + pending, 5);
  t.true(spooled >= 3);
});
