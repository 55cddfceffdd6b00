import { readdirSync, readFileSync } from 'node:fs';
import type { Faults } from '../../src/dev/faults.js';
import type { SpanRecord } from '../../src/dev/model.js';
import { startReceiver } from '../../src/dev/receiver.js';
import type { FaultyReply, FaultyRequest } from './faulty.js';

// A collector that fails as it is told, in a process of its own, and knows every span id that it took.

const received = new Set<string>();
const counted = { duplicates: 0, duplicateRequests: 0, resets: 0, rejected: 0 };
let resumedAt: number | undefined;
let firstAfterMs: number | undefined;
const receiver = await startReceiver({ grpcPort: 0, httpPort: 0, onTraces: take });
const requestsAt = { begin: 0, faults: 0 };

process.on('message', async (request: FaultyRequest) => {
  if (request.type === 'begin') begin();
  else if (request.type === 'behave') behave(request.faults);
  else if (request.type === 'compare') behave({});
  else if (request.type === 'down') await receiver.pause();
  else if (request.type === 'up') await resume();
  tell(request.type === 'compare' ? { type: 'compared', ...compare(request.ledger) } : { type: 'done' });
});
process.on('disconnect', () => process.exit());
tell({ type: 'listening', url: receiver.grpcUrl });

function begin(): void {
  received.clear();
  behave({});
  Object.assign(counted, { duplicates: 0, duplicateRequests: 0, resets: 0, rejected: 0 });
  resumedAt = undefined;
  firstAfterMs = undefined;
  requestsAt.begin = receiver.requests;
}

/** Every request since the last change was under the faults that were set. */
function behave(faults: Faults): void {
  const requests = receiver.requests - requestsAt.faults;
  if (receiver.faults.reset) counted.resets += Math.ceil(requests / (receiver.faults.every ?? 1));
  counted.rejected += requests * (receiver.faults.partial?.rejected ?? 0);
  requestsAt.faults = receiver.requests;
  receiver.faults = faults;
}

async function resume(): Promise<void> {
  await receiver.resume();
  resumedAt = performance.now();
  firstAfterMs = undefined;
}

function take(spans: readonly SpanRecord[]): void {
  if (resumedAt !== undefined) firstAfterMs ??= performance.now() - resumedAt;
  const before = counted.duplicates;
  for (const { spanId } of spans) {
    if (received.has(spanId)) counted.duplicates++;
    received.add(spanId);
  }
  if (counted.duplicates > before) counted.duplicateRequests++;
}

function compare(ledger: string): Omit<Extract<FaultyReply, { type: 'compared' }>, 'type'> {
  const files = readdirSync(ledger).map((file) => readFileSync(`${ledger}/${file}`, 'utf8'));
  const ended = new Set(files.flatMap((text) => text.trim().split('\n')));
  ended.delete('');
  const missing = [...ended].filter((id) => !received.has(id)).length;
  const requests = receiver.requests - requestsAt.begin;
  return { ended: ended.size, missing, requests, firstAfterMs, ...counted };
}

function tell(reply: FaultyReply): void {
  process.send?.(reply);
}
