import test from 'ava';
import { NO_SPANS } from '../../src/contract/item-account.js';
import { describeMessage, isWorkerMessage } from '../../src/contract/message-check.js';
import type { WorkerMessage } from '../../src/contract/messages.js';
import { STATS } from '../helpers/worker-stats.js';

const FLUSHED = { type: 'flushed', instanceId: 'x', ms: 4, requests: 1 } as const;

const GOOD: readonly WorkerMessage[] = [
  { type: 'booting', build: '0.1.0+1a2b', node: 'v20.19.0' },
  { type: 'ready', how: 'listening' },
  { type: 'stopping', reason: 'app-exit' },
  { type: 'alive', debugged: false },
  { type: 'recycle-me', cause: 'max-memory', text: '300 MB resident' },
  { type: 'stats', request: 1, answer: { ...STATS, spans: { ...NO_SPANS, logs: NO_SPANS, interrupted: 2 } } },
  { type: 'stats', request: 1, answer: STATS },
  { type: 'metrics', request: 2, answer: 'x 1\n' },
  { type: 'recorded', upTo: 7 },
  FLUSHED,
  { ...FLUSHED, spans: NO_SPANS, gaveUp: true },
];

for (const [nth, message] of GOOD.entries()) {
  const text = JSON.stringify(message);
  test(`message ${nth} in its full form passes: ${text.slice(0, 60)}`, (t) => {
    t.true(isWorkerMessage(JSON.parse(text)));
  });
}

const BAD: readonly unknown[] = [
  5,
  null,
  'ready',
  [],
  {},
  { type: 'constructor' },
  { type: '__proto__' },
  { type: 5 },
  { type: 'ready' },
  { type: 'ready', how: 'toString' },
  { type: 'stopping', reason: 'because' },
  { type: 'alive' },
  { type: 'stats', request: 1, answer: 3 },
  { type: 'stats', request: '1', answer: STATS },
  { type: 'stats', request: 1, answer: { ...STATS, rss: -1 } },
  { type: 'stats', request: 1, answer: { ...STATS, cpu: null } },
  { type: 'metrics', request: 1, answer: STATS },
  { type: 'metrics', request: 1, answer: 'x'.repeat(16 * 1024 * 1024 + 1) },
  { type: 'flushed', spans: {} },
  { ...FLUSHED, spans: {} },
  { ...FLUSHED, spans: { ...NO_SPANS, dropped: { late: 1 } } },
  { ...FLUSHED, spans: { ...NO_SPANS, logs: 1 } },
  { ...FLUSHED, gaveUp: 'yes' },
];

for (const [nth, message] of BAD.entries()) {
  test(`what is none is refused, ${nth}: ${(JSON.stringify(message) ?? '').slice(0, 60)}`, (t) => {
    t.false(isWorkerMessage(message));
  });
}

test('a refused message is named by the type it claims, or by what it is', (t) => {
  t.is(describeMessage({ type: 'flushed' }), 'flushed');
  t.is(describeMessage(5), '5');
  t.is(describeMessage({}), 'undefined');
  t.is(describeMessage({ type: 'x'.repeat(1_000) }).length, 80);
});
