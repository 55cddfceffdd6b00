import test from 'ava';
import type { PrimaryHooks } from '../../hooks/types.js';
import type { Notification } from '../../src/core/types.js';
import { hooksByGeneration } from '../../src/supervisor/hook-generations.js';
import { createPrimaryHooks, type PrimaryHookRunner } from '../../src/supervisor/primary-hooks.js';
import { keptLog } from './kept-log.js';

const pids = { pid: (id: number) => (id === 1 ? 101 : undefined) };
const boom = () => {
  throw new Error('boom');
};

/** The hooks of these sources, and what was logged. */
function primaryHooks(...all: PrimaryHooks[]) {
  const { log, lines } = keptLog();
  const named = all.map((hooks, i) => ({ source: `h${i}`, hooks }));
  return { hooks: createPrimaryHooks(named, 'shop', log), lines };
}

test('onStarting runs in order, and the first that fails ends the start with its name', async (t) => {
  const ran: unknown[] = [];
  const { hooks } = primaryHooks(
    { onStarting: async (cluster) => void ran.push(cluster) },
    {},
    { onStarting: boom },
    { onStarting: (cluster) => void ran.push(cluster) },
  );
  const error = await t.throwsAsync(hooks.onStarting({ name: 'shop', workers: 2 }), {
    message: 'onStarting of h2 failed',
  });
  t.like(error, { code: 'HOOK_FAILED' });
  t.deepEqual(ran, [{ name: 'shop', workers: 2 }]);
});

test('without a preFork hook a fork waits for nothing; with one what each adds is put together, the last one counts', async (t) => {
  const none = primaryHooks({}).hooks;
  t.false(none.hasPreFork(1));
  t.deepEqual(none.preFork({ slot: 0, generation: 1 }), {});
  const { hooks } = primaryHooks({ preFork: () => ({ A: '1', B: '1' }) }, { preFork: async () => ({ B: '2' }) });
  t.true(hooks.hasPreFork(1));
  t.deepEqual(await hooks.preFork({ slot: 0, generation: 1 }), { A: '1', B: '2' });
  const failing = primaryHooks({ preFork: boom }).hooks;
  await t.throwsAsync(async () => failing.preFork({ slot: 0, generation: 1 }), { message: 'preFork of h0 failed' });
});

const NOTIFICATIONS: readonly (readonly [keyof PrimaryHooks, Notification, unknown])[] = [
  ['onReady', { type: 'all-ready', workers: 2 }, { name: 'shop', workers: 2 }],
  ['onScale', { type: 'scale', from: 1, to: 3 }, { from: 1, to: 3 }],
  ['onReload', { type: 'reload-done', generation: 2, ms: 5 }, { generation: 2, outcome: 'done' }],
  [
    'onWorkerExit',
    { type: 'worker-exit', id: 1, slot: 0, generation: 1, code: 1, signal: null, reason: 'crash', ms: 1 } as never,
    { slot: 0, pid: 101, generation: 1, code: 1, signal: null, reason: 'crash' },
  ],
];
for (const [name, notification, given] of NOTIFICATIONS) {
  test(`${name} hears of ${notification.type}, all of them, whatever one throws; and of nothing else`, async (t) => {
    const heard: unknown[] = [];
    const { hooks, lines } = primaryHooks(
      { [name]: boom },
      { [name]: async () => boom() },
      { [name]: (a: unknown) => heard.push(a) },
    );
    hooks.onNotification(notification, pids);
    t.deepEqual(heard, [given]);
    await new Promise(setImmediate);
    t.is(lines().length, 2);
    hooks.onNotification({ type: 'lingering' }, pids);
    t.is(heard.length, 1);
  });
}

test('onExit runs one behind the other, and what fails is logged', async (t) => {
  const ran: unknown[] = [];
  const { hooks, lines } = primaryHooks({ onExit: boom }, { onExit: async (result) => void ran.push(result) });
  await hooks.onExit({ code: 70 });
  t.deepEqual(ran, [{ code: 70 }]);
  t.is(lines().length, 1);
});

test('the hooks of a reload are used for its forks at once, for all else when it is done, and not when it failed', (t) => {
  const ran: string[] = [];
  const runner = (name: string): PrimaryHookRunner => ({
    ...primaryHooks({}).hooks,
    hasPreFork: () => name === 'new',
    preFork: ({ generation }) => {
      ran.push(`${name} forks ${generation}`);
      return {};
    },
    onNotification: ({ type }) => void ran.push(`${name} hears ${type}`),
  });
  const hooks = hooksByGeneration(runner('old'));
  const fork = (generation: number) => void hooks.preFork({ slot: 0, generation });
  hooks.use(2, runner('failed'));
  fork(2);
  hooks.onNotification({ type: 'reload-failed', generation: 2 } as never, pids);
  fork(2);
  hooks.use(3, runner('new'));
  t.deepEqual([hooks.hasPreFork(1), hooks.hasPreFork(3)], [false, true]);
  fork(1);
  fork(3);
  hooks.onNotification({ type: 'reload-done', generation: 3, ms: 1 }, pids);
  fork(3);
  t.deepEqual(ran, [
    'failed forks 2',
    'old hears reload-failed',
    'old forks 2',
    'old forks 1',
    'new forks 3',
    'new hears reload-done',
    'new forks 3',
  ]);
});
