import type { ReadableLogRecord } from '@opentelemetry/sdk-logs';
import test from 'ava';
import { Account } from '../../../src/telemetry/outbox/account.js';
import type { JournalExporter, Way } from '../../../src/telemetry/outbox/index.js';
import { jsonLines } from '../../../src/telemetry/signals/lines.js';
import { SpoolLogProcessor } from '../../../src/telemetry/signals/log-processor.js';

const BATCH = { maxQueueSize: 10, maxExportBatchSize: 4, scheduledDelayMillis: 3_600_000 };

/** A processor whose turn of the event loop ends when the test says so, and the sizes of what it handed on. */
function processing(handing: Way<ReadableLogRecord[]>['handing'], batch: Partial<typeof BATCH> = {}) {
  const handed: number[] = [];
  const deferred: (() => void)[] = [];
  const calls: string[] = [];
  const account = new Account({ signal: 'logs', now: () => 0, onDrop: () => undefined });
  const exporter = {
    export: (records: readonly unknown[]) => void handed.push(records.length),
    forceFlush: async () => void calls.push('flush'),
    shutdown: async () => void calls.push('shutdown'),
  } as unknown as JournalExporter<ReadableLogRecord[]>;
  const processor = new SpoolLogProcessor(
    { exporter, account, handing, defer: (run) => void deferred.push(run), attach: () => undefined },
    { ...BATCH, ...batch },
  );
  const emit = (count: number) => {
    for (let i = 0; i < count; i++) processor.onEmit({} as ReadableLogRecord);
  };
  const endTurn = () => {
    for (const run of deferred.splice(0)) run();
  };
  return { processor, account, handed, deferred, calls, emit, endTurn };
}

test('a full batch is handed on at the end of the turn, once, with all that came in it', (t) => {
  const { processor, handed, deferred, emit, endTurn } = processing('schedule');
  emit(3);
  t.is(deferred.length, 0, 'less than a batch waits for the delay');
  emit(3);
  t.deepEqual([handed, deferred.length, processor.queued], [[], 1, 6]);
  endTurn();
  t.deepEqual([handed, processor.queued], [[4, 2], 0]);
  emit(4);
  endTurn();
  t.deepEqual(handed, [4, 2, 4], 'and again in the next one');
});

test('a queue that is full is handed on at once: nothing is dropped', (t) => {
  const { processor, account, handed, emit } = processing('schedule');
  emit(25);
  t.deepEqual(handed, [4, 4, 2, 4, 4, 2]);
  t.is(processor.queued, 5);
  t.like(account.snapshot(), { ended: 25, pending: 5 });
});

test('with a journal each turn is handed on, or each record', (t) => {
  const turn = processing('turn');
  turn.emit(2);
  t.deepEqual(turn.handed, []);
  turn.endTurn();
  t.deepEqual(turn.handed, [2]);
  const single = processing('span');
  single.emit(2);
  t.deepEqual([single.handed, single.processor.queued], [[1, 1], 0]);
});

test('a lone record is handed on after the delay', async (t) => {
  const { handed, emit } = processing('schedule', { scheduledDelayMillis: 1 });
  emit(1);
  while (handed.length === 0) await new Promise((resolve) => setTimeout(resolve, 1));
  t.deepEqual(handed, [1]);
});

test('after the last flush each record is handed on at once, and none is left behind', (t) => {
  const { processor, handed, emit } = processing('schedule');
  emit(2);
  processor.drain();
  emit(2);
  t.deepEqual([handed, processor.queued], [[2, 1, 1], 0]);
  processor.drain();
  t.deepEqual(handed, [2, 1, 1], 'nothing is handed on twice');
});

test('flush and shutdown of the SDK hand on what waits, and wait for the exporter', async (t) => {
  const { processor, handed, calls, emit } = processing('schedule');
  emit(1);
  await processor.forceFlush();
  emit(1);
  await processor.shutdown();
  emit(1);
  t.deepEqual(
    [handed, calls],
    [
      [1, 1, 1],
      ['flush', 'shutdown'],
    ],
  );
});

type Write = typeof process.stdout.write;

test.serial(
  'lines are whole, in order, written once a turn, with labels that a value may not hide from the reader',
  async (t) => {
    const before = process.stdout.write;
    const written: string[] = [];
    process.stdout.write = ((text: string, done?: () => void) => {
      written.push(text);
      done?.();
      return true;
    }) as Write;
    t.teardown(() => {
      process.stdout.write = before;
    });
    const lines = jsonLines({ worker: 3 });
    lines.print();
    t.deepEqual(written, [], 'nothing waits');
    lines.add({ a: 'x\ny', big: 2n ** 63n });
    lines.add({ b: undefined, c: null });
    t.deepEqual(written, []);
    await new Promise(setImmediate);
    t.deepEqual(written, ['{"worker":3,"a":"x\\ny","big":"9223372036854775808"}\n{"worker":3,"c":null}\n']);
    lines.add({ d: 1 });
    await lines.flushed();
    t.deepEqual(written.slice(1), ['{"worker":3,"d":1}\n', '']);
  },
);
