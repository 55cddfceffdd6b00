import { spawnSync } from 'node:child_process';
import test from 'ava';
import { END_STEPS, HOOK_MINIMUM, longestEnd } from '../../src/contract/worker-end.js';
import { fixture } from '../helpers/cluster.js';

const run = (...args: string[]) =>
  spawnSync(process.execPath, [fixture('exit-order.mjs'), ...args], { encoding: 'utf8', timeout: 30_000 });

test("a worker's end: each step behind the other, the first reason wins, and the app's exit code comes after the flush", (t) => {
  const { stdout, stderr, status } = run('stop');
  t.deepEqual(stdout.trim().split('\n'), [
    ...['stopping reload', 'takes part', 'hastened', 'closed'],
    ...['draining', 'over', 'app', 'destroyed', 'drained'],
    ...['hook reload in time', 'preShutdown of hooks.js failed', 'flush', 'account'],
  ]);
  t.is(stderr, '');
  t.is(status, 3);
});

test('an app that ends by itself has its hooks, the flush and the account, and no drain', (t) => {
  const { stdout, status } = run('finish');
  t.deepEqual(stdout.trim().split('\n'), [
    'hook app-exit in time',
    'preShutdown of hooks.js failed',
    'flush',
    'account',
  ]);
  t.is(status, 0);
});

test('a stop that comes while such an app runs its hooks adds nothing, and keeps the process no longer than them', (t) => {
  const { stdout, stderr, status } = run('stop-behind-finish');
  t.is(stdout, run('finish').stdout);
  t.is(stderr, '');
  t.is(status, 0);
});

test('with the longest times that there are it is not ended by force at once', (t) => {
  const { stdout, stderr, status } = run('longest');
  t.is(stdout.trim().split('\n').at(-1), 'account');
  t.is(stderr, '');
  t.is(status, 3);
});

test('the longest end: the drain, or the least time of hooks where that is longer, and the flush', (t) => {
  t.is(longestEnd({ drain: 25_000, flush: 5_000 }), 30_000);
  t.is(longestEnd({ drain: 0, flush: 5_000 }), HOOK_MINIMUM + 5_000);
  t.deepEqual(Object.keys(END_STEPS), ['announce', 'stop-accepting', 'drain', 'hooks', 'write-output']);
});
