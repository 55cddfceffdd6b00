import test from 'ava';
import type { SpanAccount } from '../../src/contract/item-account.js';
import { NO_SPANS } from '../../src/contract/item-account.js';
import type { WorkerMessage } from '../../src/contract/messages.js';
import { createWorkerContext } from '../../src/worker/boot/worker-context.js';
import { createExitReport } from '../../src/worker/exit/exit-report.js';
import { workerBoot } from './worker-boot.js';

const context = () => createWorkerContext(workerBoot({ slot: 2, generation: 5 }));
const account = (ended: number): SpanAccount => ({ ...NO_SPANS, ended }) as SpanAccount;

test('the worker of the hooks has its place, an id of its own, and the first reason of its stop', (t) => {
  const { worker, setReason } = context();
  t.like(worker, { slot: 2, generation: 5, pid: process.pid, script: '/app.js', reason: undefined });
  t.is(worker.instanceId, worker.instanceId);
  t.not(worker.instanceId, context().worker.instanceId);
  setReason('reload');
  setReason('stop');
  t.is(worker.reason, 'reload');
});

test('what is registered is taken once, the last of several, and that there was any stays known', (t) => {
  const { worker, takeProvider, joined } = context();
  const provider = () => ({ getTracer: () => undefined }) as never;
  const [first, second] = [provider(), provider()];
  t.is(takeProvider(), undefined);
  t.false(joined());
  worker.register(first);
  worker.register(second, { logs: undefined } as never);
  t.is(takeProvider()?.provider, second);
  t.is(takeProvider(), undefined);
  t.true(joined());
});

test('the account of spans is the last that was reported, or what it is when it is asked for', (t) => {
  const { worker, account: accountOf, gaveUp } = context();
  t.is(accountOf(), undefined);
  worker.report(account(1));
  worker.report(() => account(2));
  t.is(accountOf()?.ended, 2);
  t.false(gaveUp());
  worker.report(account(3), { gaveUp: true });
  worker.report(account(4), { gaveUp: false });
  t.true(gaveUp(), 'a later flush takes nothing back');
});

test.serial(
  'metrics are those of all sources; one that throws or rejects is logged and takes no other along',
  async (t) => {
    const { write } = process.stderr;
    const lines: string[] = [];
    process.stderr.write = (text: string | Uint8Array) => lines.push(String(text)) > 0;
    try {
      const { worker, scrape } = context();
      t.is(await scrape(), '');
      worker.exposeMetrics(() => 'a 1\n');
      worker.exposeMetrics(() => {
        throw new Error('boom');
      });
      worker.exposeMetrics(async () => 'b 2\n');
      worker.exposeMetrics(() => Promise.reject(new Error('bang')));
      t.deepEqual((await scrape()).split('\n').filter(Boolean), ['a 1', 'b 2']);
      t.deepEqual(lines.map((line) => /boom|bang/.exec(line)?.[0]).sort(), ['bang', 'boom']);
    } finally {
      process.stderr.write = write;
    }
  },
);

test('instrumentations of all hooks are listed, and who lets others look is the last that said so', (t) => {
  const { worker, instrumentations, spans } = context();
  t.deepEqual([instrumentations(), spans()], [[], undefined]);
  const [one, two] = ['one', 'two'].map((name) => ({ name }) as never);
  worker.exposeInstrumentations(() => [one!]);
  worker.exposeInstrumentations(() => [two!]);
  t.deepEqual(instrumentations(), [one, two]);
  const source = () => ({ seen: () => ({ spans: [], seen: 0, fate: 'open' as const }), stop: () => undefined });
  worker.exposeSpans(() => undefined as never);
  worker.exposeSpans(source);
  t.is(spans(), source);
});

test('the exit report is sent once, behind what others have to say, with what is known by then', (t) => {
  const made = context();
  const order: string[] = [];
  const sent: WorkerMessage[] = [];
  const send = (message: WorkerMessage) => {
    order.push('sent');
    sent.push(message);
  };
  const report = createExitReport({ send }, made, { requests: () => 9 }, () => order.push('before'));
  made.worker.report(account(3), { gaveUp: true });
  report.connections = { moved: 1, drained: {} };
  report.say(5);
  report.say(6);
  t.deepEqual(order, ['before', 'sent']);
  t.like(sent[0], {
    type: 'flushed',
    ms: 5,
    requests: 9,
    gaveUp: true,
    connections: { moved: 1 },
    spans: { ended: 3 },
  });
  const bare = createExitReport({ send }, context(), { requests: () => 0 }, () => undefined);
  bare.say(1);
  t.deepEqual(Object.keys(sent[1] ?? {}).sort(), ['ms', 'requests', 'type']);
  const known = context();
  const { instanceId } = known.worker;
  createExitReport({ send }, known, { requests: () => 0 }, () => undefined).say(1);
  t.like(sent[2], { instanceId }, 'of a worker whose id somebody has asked for');
});
