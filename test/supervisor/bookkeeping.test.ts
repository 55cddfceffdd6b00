import test from 'ava';
import type { Config } from '../../src/config/types.js';
import { NO_SPANS, type SpanAccount } from '../../src/contract/item-account.js';
import type { PrimaryMessage } from '../../src/contract/messages.js';
import type { WorkerExit } from '../../src/contract/worker-exit.js';
import type { Event } from '../../src/core/types.js';
import { createConnectionTotals } from '../../src/supervisor/connection-totals.js';
import { createForeignMessages } from '../../src/supervisor/foreign-messages.js';
import { createHeapShare } from '../../src/supervisor/heap-share.js';
import { createLastResort } from '../../src/supervisor/last-resort.js';
import { createLostPipes } from '../../src/supervisor/lost-pipes.js';
import { createPortless } from '../../src/supervisor/portless.js';
import { createRecovery } from '../../src/supervisor/recovery.js';
import { keptLog } from './kept-log.js';
import { CONFIG, ScriptedPorts } from './scripted-ports.js';

const account = (change: Partial<SpanAccount>): SpanAccount => ({ ...NO_SPANS, ...change }) as SpanAccount;
const exit: WorkerExit = { slot: 0, pid: 11, generation: 1, code: 1, signal: null, reason: 'crash' };

function recovering(change: { journalStarts?: boolean; stopping?: boolean } = {}) {
  const sent: [number, PrimaryMessage][] = [];
  const ready: number[] = [];
  const recovery = createRecovery({
    ready: () => ready,
    running: () => [21, 22],
    stopping: () => change.stopping ?? false,
    journalStarts: () => change.journalStarts ?? false,
    send: (id, message) => void sent.push([id, message]),
  });
  return { recovery, sent, ready };
}

test('the best worker takes over what one has left that ended without a word', (t) => {
  const { recovery, sent, ready } = recovering();
  ready.push(5, 6);
  recovery.ended(exit, 99);
  recovery.exited(1);
  t.deepEqual(sent, [[5, { type: 'recover', ends: [{ ...exit, at: 99 }], running: [21, 22] }]]);
});

for (const [what, spans, settled] of [
  ['all delivered', account({ ended: 3, exported: 3 }), true],
  ['some on disk', account({ ended: 3, spooled: 1 }), false],
  ['some whose fate is open', account({ ended: 3, pending: 1 }), false],
  ['logs on disk', account({ logs: { ...NO_SPANS, spooled: 1 } } as never), false],
] as const) {
  test(`a worker that reported ${what} ${settled ? 'has left nothing' : 'has left something'}`, (t) => {
    const { recovery, sent, ready } = recovering();
    ready.push(5);
    recovery.exitReport(1, { spans });
    recovery.exited(1);
    t.is(sent.length, settled ? 0 : 1);
  });
}

test('where open spans are in the journal too, a report that all is delivered says nothing of them', (t) => {
  const { recovery, sent, ready } = recovering({ journalStarts: true });
  ready.push(5);
  recovery.exitReport(1, { spans: account({ ended: 3, exported: 3 }) });
  recovery.exited(1);
  t.is(sent.length, 1);
});

test('with nobody ready it waits for the next that is', (t) => {
  const { recovery, sent } = recovering();
  recovery.exited(1);
  t.deepEqual(sent, []);
  recovery.ready(8);
  t.is(sent[0]?.[0], 8);
});

test('so many ends are remembered and no more, the last of them', (t) => {
  const { recovery } = recovering();
  for (let at = 0; at < 250; at++) recovery.ended(exit, at);
  const { ends } = recovery.workers();
  t.deepEqual([ends.length, ends[0]?.at, ends.at(-1)?.at], [100, 150, 249]);
});

test('what a stop could not deliver is added up by kind; what a reload could not says nothing of the collector now', (t) => {
  const during = recovering({ stopping: true }).recovery;
  t.is(during.refused(), undefined);
  during.exitReport(1, { spans: account({ spooled: 2, logs: { ...NO_SPANS, spooled: 3 } } as never), gaveUp: true });
  during.exitReport(2, { spans: account({ spooled: 4 }), gaveUp: true });
  during.exitReport(3, { spans: account({ spooled: 100 }) });
  t.deepEqual(during.refused(), { spans: 6, 'log records': 3, metrics: 0 });
  const before = recovering().recovery;
  before.exitReport(1, { spans: account({ spooled: 2 }), gaveUp: true });
  t.is(before.refused(), undefined);
});

test('messages that are none of ours are counted, and said once for each slot', (t) => {
  const { log, lines } = keptLog();
  const foreign = createForeignMessages(log);
  for (const slot of [0, 0, 1, 0]) foreign.drop(slot, 'x');
  t.is(foreign.dropped(), 4);
  t.is(lines().length, 2);
});

test('connections of workers that have left are added up by reason', (t) => {
  const { log, lines } = keptLog();
  const { add, totals } = createConnectionTotals(log);
  t.deepEqual(totals(), { moved: 0, drained: {} });
  add(0, { moved: 2, drained: { tls: 1 } });
  add(1, { moved: 0, drained: {} });
  add(2, { moved: 1, drained: { tls: 2, http2: 1 } });
  t.deepEqual(totals(), { moved: 3, drained: { tls: 3, http2: 1 } });
  t.is(lines().length, 2, 'of one that had none nothing is said');
});

test('each kind of error that nobody handles is logged once, all are counted, and none ends anything', (t) => {
  const { log, lines } = keptLog();
  const resort = createLastResort(log);
  const full = () => Object.assign(new Error('ENOSPC: no space'), { code: 'ENOSPC', errno: -28, syscall: 'write' });
  for (let i = 0; i < 3; i++) resort.survive('a', full());
  resort.survive('b', Object.assign(full(), { syscall: 'open' }));
  for (const thrown of [undefined, null, 'text', Number.NaN, { toString: 1 }]) resort.survive('c', thrown);
  t.is(resort.count(), 9);
  const errors = lines().filter(({ level }) => level === 'error');
  t.is(errors.length, 7);
  t.truthy(errors.every(({ fix }) => typeof fix === 'string' && fix !== ''));
});

test('an endless number of kinds fills no log', (t) => {
  const { log, lines } = keptLog();
  const resort = createLastResort(log);
  for (let i = 0; i < 500; i++) resort.survive('x', new Error(`number ${i}`));
  t.is(lines().length, 100);
  t.is(resort.count(), 500);
});

/** Pipes of workers 1 and 2, of which those in `serving` serve. */
function pipes(serving: readonly number[]) {
  const ports = new ScriptedPorts();
  const events: Event[] = [];
  const { log, lines } = keptLog();
  const lost = createLostPipes({
    ports,
    log,
    serving: (id) => (serving.includes(id) ? id - 1 : undefined),
    enqueue: (event) => events.push(event),
  });
  return { ports, events, lines, lost };
}

test('a worker that cannot be reached any more is replaced, once its exit has had time to come', (t) => {
  const { ports, events, lines, lost } = pipes([1]);
  lost.lost(1, 'channel');
  lost.lost(1, 'output');
  ports.advance(249);
  t.deepEqual(events, []);
  ports.advance(1);
  t.deepEqual(events, [{ type: 'recycle', id: 1, reason: 'recycle' }]);
  ports.advance(5_000);
  t.is(events.length, 2, 'its successor may have failed');
  t.is(lines().length, 1);
  lost.forget(1);
  ports.advance(60_000);
  t.is(events.length, 2);
});

test('of one that ends, or that does not serve, nothing is asked', (t) => {
  const { ports, events, lines, lost } = pipes([]);
  lost.lost(1, 'channel');
  lost.forget(1);
  lost.lost(2, 'channel');
  ports.advance(300);
  t.deepEqual([events, lines()], [[], []]);
  lost.forget(2);
  t.deepEqual(ports.clock.armed, []);
});

function portless(ready: Config['ready'] = 'auto') {
  const ports = new ScriptedPorts();
  const events: Event[] = [];
  const questions: number[] = [];
  const { log, lines } = keptLog();
  const parts = { ports, log, readyBy: () => ready, ask: (id: number) => void questions.push(id) };
  return {
    ports,
    events,
    questions,
    lines,
    made: createPortless({ ...parts, enqueue: (event) => events.push(event) }),
  };
}

test('the end of a boot without a server becomes a question, and without an answer the end of the boot', (t) => {
  const { ports, events, questions, made } = portless();
  t.false(made.due('drain:1'));
  t.true(made.due('boot:1'));
  t.deepEqual(questions, [1]);
  ports.advance(4_999);
  t.deepEqual(events, []);
  ports.advance(1);
  t.deepEqual(events, [{ type: 'timer', key: 'boot:1' }]);
});

test('one that holds a server has failed to boot at once; one that is ready has not', (t) => {
  const { ports, events, made } = portless();
  made.due('boot:1');
  made.due('boot:2');
  made.heard({ id: 1, slot: 0 }, { type: 'holds-server' });
  made.heard({ id: 1, slot: 0 }, { type: 'holds-server' });
  made.heard({ id: 2, slot: 1 }, { type: 'ready', how: 'portless' });
  ports.advance(60_000);
  t.deepEqual(events, [{ type: 'timer', key: 'boot:1' }]);
});

test('once any worker has listened nobody is asked any more, nor where it is not wanted', (t) => {
  for (const message of [
    { type: 'ready', how: 'listening' },
    { type: 'notice', about: 'late-server', text: 'x' },
  ] as const) {
    const { made } = portless();
    made.heard({ id: 1, slot: 0 }, message);
    t.false(made.due('boot:2'), message.type);
  }
  t.false(portless('listening').made.due('boot:1'));
});

test('one that has settled is asked at once; with a server its boot goes on, and where any worker has listened nobody is asked', (t) => {
  const { questions, events, lines, made } = portless('settled');
  made.heard({ id: 1, slot: 0 }, { type: 'settled' });
  made.heard({ id: 1, slot: 0 }, { type: 'holds-server' });
  t.deepEqual([questions, events], [[1], []]);
  t.true(made.due('boot:1'), 'its boot timeout asks again');
  made.heard({ id: 2, slot: 1 }, { type: 'ready', how: 'portless' });
  t.like(lines(), [{ event: 'portless', level: 'info' }]);
  made.heard({ id: 3, slot: 2 }, { type: 'ready', how: 'listening' });
  made.heard({ id: 4, slot: 3 }, { type: 'settled' });
  t.false(made.due('boot:4'));
  t.deepEqual(questions, [1, 1]);
});

test('a notice is logged once, whichever worker says it', (t) => {
  const { made, lines } = portless();
  for (const slot of [0, 1]) made.heard({ id: slot + 1, slot }, { type: 'notice', about: 'late-server', text: 'x' });
  for (const slot of [0, 1]) made.heard({ id: slot + 1, slot }, { type: 'ready', how: 'portless' });
  t.is(lines().length, 2);
});

test('the share of memory follows the number of workers, and is said when it changes', (t) => {
  const { log, lines } = keptLog();
  let wanted = 2;
  const share = createHeapShare(log, () => wanted);
  t.is(share(CONFIG), CONFIG.heap, 'without a limit there is nothing to share');
  wanted = 4;
  t.is(share(CONFIG), CONFIG.heap);
  t.deepEqual(lines(), []);
});
