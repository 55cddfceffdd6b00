import test from 'ava';
import { DROP_CAUSES, DROP_FIXES } from '../../../src/contract/item-account.js';
import { Account, balance } from '../../../src/telemetry/outbox/account.js';
import { JournalExporter } from '../../../src/telemetry/outbox/exporter.js';
import { wholeRequest } from '../../../src/telemetry/outbox/format/encode/whole-request.js';
import type { Store } from '../../../src/telemetry/outbox/store/store.js';

interface Said {
  readonly cause: string;
  readonly items: number;
  readonly why: string;
  readonly fix: string;
}

/** An account whose clock is moved by hand, and what it warned of. */
function accounting() {
  const clock = { now: 0 };
  const said: Said[] = [];
  const account = new Account({
    signal: 'traces',
    now: () => clock.now,
    onDrop: (cause, items, why, fix) => void said.push({ cause, items, why, fix }),
  });
  return { clock, said, account };
}

test('a loss is said at once, then at most once a minute with the sum, and the rest at the end', (t) => {
  const { account, said, clock } = accounting();
  account.drop('late', 1, 'a');
  account.drop('late', 2, 'b');
  clock.now = 59_999;
  account.drop('late', 3, 'c');
  t.deepEqual(
    said.map(({ items, why }) => [items, why]),
    [[1, 'a']],
  );
  clock.now = 60_000;
  account.drop('late', 4, 'd');
  account.drop('late', 5, 'e');
  account.warnOfRest();
  account.warnOfRest();
  t.deepEqual(
    said.map(({ items }) => items),
    [1, 9, 5],
  );
  t.is(account.snapshot().dropped.late, 15);
});

test('each cause is said by itself, with its own fix unless more is known; nothing lost is nothing said', (t) => {
  const { account, said } = accounting();
  account.drop('expired', 0, 'nothing');
  t.deepEqual(said, []);
  for (const cause of DROP_CAUSES) account.drop(cause, 1, 'why');
  t.deepEqual(
    said.map(({ cause, fix }) => [cause, fix]),
    DROP_CAUSES.map((cause) => [cause, DROP_FIXES[cause]]),
  );
  account.drop('disk_full', 1, 'why', 'Free it.');
  account.warnOfRest();
  t.is(said.at(-1)?.fix, 'Free it.');
});

test('the account is balanced by those who hold items, and says so when one is missing', (t) => {
  const { account } = accounting();
  account.watch(() => ({ spooled: 2, pending: 3 }));
  account.watch(() => ({ spooled: 0, pending: 1 }));
  Object.assign(account, { ended: 10, recovered: 2, exported: 4, rejected: 1 });
  account.drop('late', 1, 'x');
  t.like(account.snapshot(), { spooled: 2, pending: 4 });
  t.is(balance(account.snapshot()), 0);
  account.ended++;
  t.is(balance(account.snapshot()), 1);
});

test('why a collector refuses everything is in the account only while it does', (t) => {
  const { account } = accounting();
  t.false('held' in account.snapshot());
  account.held = 'HTTP status 401';
  t.is(account.snapshot().held, 'HTTP status 401');
  account.held = undefined;
  t.false('held' in account.snapshot());
});

test('a snapshot is of its instant: what is lost later does not change it', (t) => {
  const { account } = accounting();
  const before = account.snapshot();
  account.drop('late', 1, 'x');
  t.is(before.dropped.late, 0);
});

/** An exporter in front of a store that only keeps what it is given. */
function exporting(serialize: (batch: readonly unknown[]) => Uint8Array | undefined) {
  const { account, said } = accounting();
  const stored: number[] = [];
  const store = { handIn: ({ items }: { items: number }) => void stored.push(items) } as unknown as Store;
  const exporter = new JournalExporter<readonly unknown[]>({
    ...{ signal: 'logs', encoding: 'protobuf', store, account },
    count: (batch) => batch.length,
    encode: wholeRequest(
      serialize,
      (batch) => batch.length,
      (batch) => batch.map((one) => [one]),
    ),
    flush: () => Promise.resolve(),
  });
  const results: number[] = [];
  const hand = (batch: readonly unknown[]) => exporter.export(batch, ({ code }) => void results.push(code));
  return { exporter, hand, stored, results, account, said };
}

const whole = (batch: readonly unknown[]) => {
  if (batch.includes('bad')) throw new Error('cannot be read');
  return Uint8Array.of(1);
};

test('a batch is encoded as a whole; with a bad item in it each goes alone, and the bad ones are counted', (t) => {
  const { exporter, hand, stored, results, account, said } = exporting(whole);
  hand(['a', 'b', 'c']);
  t.deepEqual([stored, account.snapshot().dropped.non_retryable], [[3], 0]);
  hand(['a', 'bad', 'c', 'bad']);
  t.deepEqual(stored, [3, 2]);
  t.is(account.snapshot().dropped.non_retryable, 2);
  t.regex(said[0]!.why, /cannot be encoded: Error: cannot be read/);
  t.deepEqual(results, [0, 0], 'the queue in front must never be filled by a refusal');
  t.is(exporter.received, 7);
});

test('a batch of which nothing can be encoded stores nothing', (t) => {
  for (const serialize of [() => undefined, () => new Uint8Array(0)]) {
    const { hand, stored, account, said } = exporting(serialize);
    hand(['a', 'b']);
    t.deepEqual([stored, account.snapshot().dropped.non_retryable], [[], 2]);
    t.regex(said[0]!.why, /serializes to nothing/);
  }
});

test('an error as long as an app makes it fills no log', (t) => {
  const { hand, said } = exporting(() => {
    throw new Error('x'.repeat(100_000));
  });
  hand(['a']);
  t.true(said[0]!.why.length < 300);
});

test('a store that fails throws into nobody who ends a span: its items are counted', (t) => {
  const { account } = accounting();
  const store = {
    handIn: () => {
      throw new Error('no');
    },
  } as unknown as Store;
  const exporter = new JournalExporter<readonly string[]>({
    ...{ signal: 'logs', encoding: 'protobuf', store, account },
    count: (batch) => batch.length,
    encode: (batch) => ({ parts: [{ bytes: Uint8Array.of(1), items: batch.length }], failed: 0, error: undefined }),
    flush: () => Promise.resolve(),
  });
  let code = -1;
  exporter.export(['a', 'b'], (result) => {
    code = result.code;
  });
  t.deepEqual([code, account.snapshot().dropped.non_retryable], [0, 2]);
});

test('a flush of the SDK, and its shutdown, wait for what the way out waits for', async (t) => {
  let flushes = 0;
  const { account } = accounting();
  const exporter = new JournalExporter<readonly string[]>({
    ...{ signal: 'logs', encoding: 'protobuf', store: {} as Store, account },
    count: () => 0,
    encode: () => ({ parts: [], failed: 0, error: undefined }),
    flush: async () => void flushes++,
  });
  await exporter.forceFlush();
  await exporter.shutdown();
  t.is(flushes, 2);
});
