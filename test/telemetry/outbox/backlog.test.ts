import test from 'ava';
import { Backlog } from '../../../src/telemetry/outbox/store/backlog.js';
import { type Entry, fold, halve, heldOf } from '../../../src/telemetry/outbox/store/entry.js';
import type { Segment, Stored } from '../../../src/telemetry/outbox/store/segment-directory.js';
import { Spill } from '../../../src/telemetry/outbox/store/spill.js';
import { Waiters } from '../../../src/telemetry/outbox/store/waiters.js';
import { manualPorts } from './manual-ports.js';

let order = 0;
/** A record in memory; what a test does not say is that of a small one of spans. */
function entry({ size = 100, ...more }: Partial<Entry> & { readonly size?: number } = {}): Entry {
  const chunks = [{ bytes: new Uint8Array(size), items: 1 }];
  const fields = { signal: 'traces', encoding: 'protobuf', order: ++order, since: 0, recovered: false } as const;
  return { ...fields, alone: false, items: 1, bytes: size, chunks, stored: undefined, ...more };
}

const SEGMENT = {} as Segment;
const stored = (fields: Partial<Stored> = {}): Stored => ({
  ...{ segment: SEGMENT, offset: 0, length: 140, first: 1, last: 1, records: 1 },
  ...fields,
});
const onDisk = (fields: Partial<Stored> = {}, more: Partial<Entry> = {}) =>
  entry({ chunks: undefined, stored: stored(fields), ...more });

test('small neighbours are one entry, with the age of the older one', (t) => {
  const backlog = new Backlog();
  backlog.push(entry({ since: 5 }));
  backlog.push(entry({ since: 9_000 }));
  t.is(backlog.entries.length, 1);
  t.like(backlog.entries[0], { items: 2, bytes: 200, since: 5 });
  t.deepEqual([backlog.bytes, backlog.memoryBytes], [200, 200]);
});

for (const [what, a, b] of [
  ['of two signals', {}, { signal: 'logs' }],
  ['of two encodings', {}, { encoding: 'json' }],
  ['of this worker and of one that is gone', {}, { recovered: true }],
  ['of which one is sent on its own', {}, { alone: true }],
  ['more than 10 s apart, which expire apart', { since: 0 }, { since: 10_001 }],
  ['together above 256 KiB', { size: 200 << 10 }, { size: 57 << 10 }],
  ['of which one is on disk alone', {}, { chunks: undefined, stored: stored() }],
  ['of which one is on disk too', {}, { stored: stored() }],
] as const) {
  test(`two records ${what} stay two entries`, (t) => {
    const [first, second] = [entry(a), entry(b)];
    t.false(fold(first, second));
    t.is(first.items, 1);
  });
}

test('records on disk are one entry only where the second lies right behind the first', (t) => {
  const first = onDisk();
  t.true(fold(first, onDisk({ offset: 140, first: 2, last: 2 })));
  t.like(first.stored, { offset: 0, length: 280, first: 1, last: 2, records: 2 });
  t.false(fold(first, onDisk({ offset: 281, first: 3, last: 3 })), 'a gap in the file');
  t.false(fold(first, onDisk({ offset: 280, first: 4, last: 4 })), 'a gap in the sequence');
  t.false(fold(first, onDisk({ offset: 280, first: 3, last: 3, segment: {} as Segment })), 'another file');
  t.like(first, { items: 2 });
});

test('a request takes what is alike from the front, up to its limit, and always one', (t) => {
  const backlog = new Backlog();
  const large = (more: Partial<Entry> = {}) => entry({ size: 200 << 10, ...more });
  for (const one of [large(), large(), large({ signal: 'logs' }), large()]) backlog.push(one);
  t.is(backlog.take(300 << 10).length, 1, 'the second does not fit');
  t.is(backlog.take(10_000_000).length, 1, 'what follows is of another signal');
  t.deepEqual(
    backlog.take(1).map(({ signal }) => signal),
    ['logs'],
    'one that is larger than the limit goes all the same',
  );
  t.is(backlog.take(1).length, 1);
  t.deepEqual([backlog.take(1), backlog.bytes, backlog.memoryBytes, backlog.isEmpty], [[], 0, 0, true]);
});

test('one that may be bad is sent on its own, wherever it stands', (t) => {
  const backlog = new Backlog();
  const [a, bad, b] = [entry({ signal: 'logs' }), entry({ signal: 'logs', alone: true }), entry({ signal: 'logs' })];
  backlog.giveBack([a, bad, b]);
  t.deepEqual(backlog.take(1_000_000), [a]);
  t.deepEqual(backlog.take(1_000_000), [bad]);
  t.deepEqual(backlog.take(1_000_000), [b]);
});

test('what is given back stands where it was, in front of what came meanwhile', (t) => {
  const backlog = new Backlog();
  const kinds = ['logs', 'traces', 'metrics'] as const;
  const [first, second, third] = kinds.map((signal) => entry({ signal }));
  backlog.push(first!);
  backlog.push(second!);
  const taken = [...backlog.take(1_000), ...backlog.take(1_000)];
  backlog.push(third!);
  backlog.giveBack(taken.reverse());
  t.deepEqual([...backlog.entries], [first, second, third]);
  t.is(backlog.bytes, 300);
});

test('what leaves memory for the disk counts with the bytes that it has there', (t) => {
  const backlog = new Backlog();
  const one = entry({ stored: stored({ length: 540, records: 2 }) });
  backlog.push(one);
  backlog.setChunks(one, undefined);
  t.deepEqual([backlog.memoryBytes, backlog.bytes, one.bytes], [0, 540 - 2 * 40, 460]);
  backlog.setChunks(one, [{ bytes: new Uint8Array(300), items: 1 }]);
  t.deepEqual([backlog.memoryBytes, backlog.bytes], [300, 300]);
  backlog.remove(new Set());
  backlog.remove(new Set([one]));
  t.deepEqual([backlog.memoryBytes, backlog.bytes, backlog.isEmpty], [0, 0, true]);
});

test('halves of an entry hold all of its items, are in memory, and are sent each on its own', (t) => {
  const parts = [1, 2, 3].map((size) => ({ bytes: new Uint8Array(size), items: size }));
  const halves = halve(entry({ chunks: parts, items: 6, bytes: 6, stored: stored() }), parts);
  t.deepEqual(
    halves?.map(({ items, bytes, alone, stored: where }) => [items, bytes, alone, where]),
    [
      [1, 1, true, undefined],
      [5, 5, true, undefined],
    ],
  );
  const notARequest = [{ bytes: new Uint8Array([255]), items: 1 }];
  t.is(halve(entry({ chunks: notARequest }), notARequest), undefined, 'what is no request cannot be divided');
});

test('what is held of a signal is counted where it is: in memory, or on disk', (t) => {
  const all = [entry({ items: 3 }), entry({ items: 4, stored: stored() }), entry({ items: 5, signal: 'logs' })];
  t.deepEqual(heldOf('traces', all), { pending: 3, spooled: 4 });
  t.deepEqual(heldOf('logs', all), { pending: 5, spooled: 0 });
});

test('a long backlog goes to disk a megabyte a turn, and what is there already is not written again', (t) => {
  const { ports, endTurn, deferred } = manualPorts();
  const waiting = Array.from({ length: 10 }, () => entry({ size: 400 << 10 }));
  waiting[0]!.stored = stored();
  const written: number[] = [];
  const spill = new Spill(
    ports,
    () => waiting,
    (one) => {
      written.push(waiting.indexOf(one));
      one.stored = stored();
      return true;
    },
  );
  spill.soon();
  spill.soon();
  t.deepEqual([written, deferred.length], [[], 1], 'not within the turn, and once');
  endTurn();
  t.deepEqual(written, [1, 2, 3]);
  for (let turn = 0; turn < 5; turn++) endTurn();
  t.deepEqual(written, [1, 2, 3, 4, 5, 6, 7, 8, 9]);
  t.is(deferred.length, 0);
});

test('a disk that takes nothing is not asked for each of a thousand records', (t) => {
  const { ports, endTurn } = manualPorts();
  let asked = 0;
  const spill = new Spill(
    ports,
    () => Array.from({ length: 1_000 }, () => entry()),
    () => {
      asked++;
      return false;
    },
  );
  spill.soon();
  endTurn();
  endTurn();
  t.is(asked, 1);
  spill.soon();
  endTurn();
  t.is(asked, 2, 'the next record asks again');
});

test('whoever waits goes when it is reached, at the deadline, or when it will not come; each once', async (t) => {
  const { ports, advance, timers } = manualPorts();
  const waiters = new Waiters();
  let reached = false;
  t.true(await waiters.wait(() => true, 0, ports), 'nothing is waited for that is there');
  const [early, late, gaveUp, patient] = [
    waiters.wait(() => false, 1_000, ports),
    waiters.wait(() => reached, 9_000, ports),
    waiters.wait(() => false, 9_000, ports),
    waiters.wait(() => reached, 9_000, ports, true),
  ];
  t.true(
    [...timers].every(({ hold }) => hold),
    'a flush keeps the process alive',
  );
  advance(1_000);
  t.false(await early);
  waiters.look();
  t.is(timers.size, 3);
  const another = waiters.wait(() => reached, 9_000, ports, true);
  waiters.giveUp();
  t.deepEqual(await Promise.all([late, gaveUp]), [false, false]);
  reached = true;
  waiters.look();
  t.deepEqual(await Promise.all([patient, another]), [true, true]);
  t.is(timers.size, 0, 'no timer is left behind');
});
