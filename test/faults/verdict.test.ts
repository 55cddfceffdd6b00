import test from 'ava';
import type { Stage } from './stage.js';
import { unexcused } from './verdict.js';

/** No process has it: the kernel gives none above. */
const GONE = 5_000_000;

/** A stage with one reset request, on a connection that `pid` had answered on. */
function stage(pid: number | undefined): Stage {
  const failure = { id: 'one', cause: 'ECONNRESET', port: 1, since: 0, pid };
  return { load: { failures: [failure] }, acceptedBy: () => [] } as unknown as Stage;
}

test('a reset connection of a worker that left before may have been moved to a victim; one of a worker that serves is its own', (t) => {
  const serving = new Set([process.pid]);
  const failed = (pid: number, victims: number[]) =>
    unexcused(stage(pid), { victims: new Set(victims), ended: false, serving }).length;
  t.is(failed(GONE, [7]), 0);
  t.is(failed(GONE, []), 1);
  t.is(failed(process.pid, [7]), 1);
  t.is(failed(process.pid, [process.pid]), 0);
});

test('a primary that ends takes a connection along that it was passing on, and at other times none that a worker had', (t) => {
  const failed = (pid: number | undefined, passing: boolean) =>
    unexcused(stage(pid), { victims: new Set(), ended: true, passing }).length;
  t.deepEqual([failed(GONE, true), failed(GONE, false), failed(undefined, false)], [0, 1, 0]);
});
