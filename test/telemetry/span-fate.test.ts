import test from 'ava';
import { byCause, type ItemAccount, NO_SPANS } from '../../src/contract/item-account.js';
import { createFate } from '../../src/telemetry/span-fate.js';

/** The fate of a trace whose spans, account and sending are what the test says. */
function trace(change: { sends?: boolean } = {}) {
  const state = { ended: true, account: NO_SPANS as ItemAccount, changes: 0 };
  const flushes: ((settled: boolean) => void)[] = [];
  const flush = () => new Promise<boolean>((resolve) => flushes.push(resolve));
  const fate = createFate(
    { account: () => state.account, flush: change.sends === false ? undefined : flush },
    () => state.ended,
    () => void state.changes++,
  );
  /** One try to send ends, with this account. */
  const settle = async (settled: boolean, account: Partial<ItemAccount> = {}) => {
    state.account = { ...NO_SPANS, ...account };
    flushes.shift()?.(settled);
    await new Promise(setImmediate);
  };
  return { fate, state, flushes, settle };
}

test('all that has ended is sent at once, and is acknowledged when nothing of it is left', async (t) => {
  const { fate, state, settle } = trace();
  t.deepEqual(fate.now(), { fate: 'open' });
  fate.changed();
  await settle(true, { ended: 3, exported: 3 });
  t.deepEqual([fate.now(), state.changes], [{ fate: 'acknowledged' }, 1]);
});

test('what was rejected or dropped meanwhile is not acknowledged, and is named', async (t) => {
  const rejected = trace();
  rejected.fate.changed();
  await rejected.settle(true, { rejected: 1 });
  t.like(rejected.fate.now(), { fate: 'rejected' });
  const dropped = trace();
  dropped.fate.changed();
  await dropped.settle(true, { dropped: { ...byCause(() => 0), expired: 2, late: 1 } });
  t.deepEqual(dropped.fate.now(), { fate: 'dropped', why: 'late, expired' });
});

test('what was lost before the trace is no loss of it', async (t) => {
  const { fate, state, settle } = trace();
  const lost = { dropped: { ...byCause(() => 0), disk_full: 9 }, rejected: 4 };
  state.account = { ...NO_SPANS, ...lost };
  fate.changed();
  await settle(true, { ...lost, exported: 1 });
  t.deepEqual(fate.now(), { fate: 'acknowledged' });
});

test('while the collector does not take it, it waits, with the reason; the end of the process settles it', async (t) => {
  const { fate, state, settle } = trace();
  fate.changed();
  await settle(false, { pending: 2, held: 'HTTP status 401' });
  t.deepEqual(fate.now(), { fate: 'waiting', why: 'HTTP status 401' });
  state.account = { ...NO_SPANS, exported: 2 };
  t.deepEqual(fate.now(), { fate: 'acknowledged' });
  fate.stop();
});

test('a span that ends while others are sent is waited for too: only the last try counts', async (t) => {
  const { fate, settle, flushes } = trace();
  fate.changed();
  fate.changed();
  t.is(flushes.length, 2);
  await settle(true, { pending: 1 });
  t.deepEqual(fate.now(), { fate: 'open' });
  await settle(true, { exported: 2 });
  t.deepEqual(fate.now(), { fate: 'acknowledged' });
});

test('a trace of which more begins is open again, whatever became of what had ended', async (t) => {
  const { fate, state, settle } = trace();
  fate.changed();
  await settle(true, { exported: 1 });
  state.ended = false;
  t.deepEqual(fate.now(), { fate: 'open' });
  state.ended = true;
  fate.changed();
  await settle(true, { exported: 1, rejected: 1 });
  t.like(fate.now(), { fate: 'rejected' });
});

test('after the stop nothing changes any more', async (t) => {
  const { fate, state, settle } = trace();
  fate.changed();
  fate.stop();
  await settle(true, { exported: 1 });
  t.is(state.changes, 0);
});

test('where no collector is waited for it is unsent', (t) => {
  const { fate, state } = trace({ sends: false });
  state.ended = false;
  fate.changed();
  t.deepEqual(fate.now(), { fate: 'open' });
  state.ended = true;
  fate.changed();
  t.deepEqual([fate.now(), state.changes], [{ fate: 'unsent' }, 1]);
});
