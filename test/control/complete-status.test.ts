import test from 'ava';
import type { FullStatus } from '../../src/contract/control-protocol.js';
import { completeStatus } from '../../src/control/complete-status.js';

test('a status of the first supervisors gets what they do not tell; one of today stays as it is', (t) => {
  const first = { name: 'shop', phase: 'running', workers: [] } as unknown as FullStatus;
  const all = completeStatus(first);
  t.like(all, { name: 'shop', build: 'unknown', node: 'unknown', output: { dropped: { lines: 0 } } });
  const today = { ...all, build: '1.2.3+0', leaving: true };
  t.deepEqual(completeStatus(today), today);
});
