import { spawn } from 'node:child_process';
import { once } from 'node:events';
import test from 'ava';
import { processExists } from '../../src/system/process-exists.js';

test('a process is there until it has ended and been reaped, whoever it belongs to', async (t) => {
  t.true(processExists(process.pid));
  t.true(processExists(1));
  const child = spawn('cat', { stdio: ['pipe', 'ignore', 'ignore'] });
  t.true(processExists(child.pid ?? 0));
  child.stdin.end();
  await once(child, 'exit');
  t.false(processExists(child.pid ?? 0));
});

test('a number that is no pid names no process', (t) => {
  for (const pid of [2 ** 31, Number.MAX_SAFE_INTEGER, Number.NaN]) t.false(processExists(pid), `${pid}`);
});
