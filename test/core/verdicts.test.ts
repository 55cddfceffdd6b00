import test from 'ava';
import fc from 'fast-check';
import { backoffDelay } from '../../src/core/backoff.js';
import { mayBeDone, type Outcome, outcomeOf } from '../../src/core/exit-outcome.js';
import type { Effect, Policy } from '../../src/core/types.js';
import { POLICY, World } from './world.js';

const policy = (change: Partial<Policy>): Policy => ({ ...POLICY, ...change });

// --restart says which ends are followed by another worker; --stop-exit-codes names ends that are none.
for (const [restart, codes, code, signal, outcome] of [
  ['always', [], 0, null, 'again'],
  ['always', [], 1, null, 'again'],
  ['always', [], null, 'SIGSEGV', 'again'],
  ['always', [0], 0, null, 'done'],
  ['always', [3], 3, null, 'done'],
  ['always', [0], 1, null, 'again'],
  ['on-failure', [], 0, null, 'done'],
  ['on-failure', [], 1, null, 'again'],
  ['on-failure', [], null, 'SIGKILL', 'again'],
  ['on-failure', [78], 78, null, 'done'],
  ['never', [], 0, null, 'done'],
  ['never', [], 1, null, 'failed'],
  ['never', [], null, 'SIGABRT', 'failed'],
  ['never', [1], 1, null, 'done'],
  ['never', [143], null, 'SIGTERM', 'failed'],
  ['on-failure', [143], null, 'SIGTERM', 'again'],
  ['never', [0], null, null, 'failed'],
] as const satisfies readonly (readonly [
  Policy['restart'],
  readonly number[],
  number | null,
  string | null,
  Outcome,
])[]) {
  const end = signal ?? (code === null ? 'neither code nor signal' : `code ${code}`);
  test(`restart ${restart}, codes [${codes}]: after an end by ${end} it is ${outcome}`, (t) => {
    t.is(outcomeOf(policy({ restart, stopExitCodes: codes }), { code, signal }), outcome);
  });
}

test('a worker that leaves in good order may be the last of its slot unless every end is followed by another', (t) => {
  const may = (restart: Policy['restart'], stopExitCodes: readonly number[] = []) =>
    mayBeDone(policy({ restart, stopExitCodes }));
  t.deepEqual([may('always'), may('on-failure'), may('never'), may('always', [0])], [false, true, true, true]);
});

test('the first failure costs no wait; then the longest wait doubles up to its cap, and the draw is below it', (t) => {
  const backoff = { initial: 100, max: 30_000 };
  const longest = (failures: number) => backoffDelay(backoff, failures, 1);
  t.deepEqual([0, 1, 2, 3, 4, 10, 11, 1_000].map(longest), [0, 0, 100, 200, 400, 25_600, 30_000, 30_000]);
  t.is(backoffDelay(backoff, 3, 0), 0);
  t.is(backoffDelay({ initial: 1, max: 2 ** 40 }, 1_000, 1), 2 ** 30, 'however long it may be, it doubles 30 times');
  t.is(backoffDelay({ initial: 500, max: 500 }, 9, 0.5), 250, 'a constant wait is drawn below itself too');
});

test('no wait is negative, no number, or above the cap, however often and whatever is drawn', (t) => {
  const limits = fc.record({ initial: fc.nat(3_600_000), more: fc.nat(3_600_000) });
  const roll = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });
  fc.assert(
    fc.property(limits, fc.nat(2_000_000), roll, ({ initial, more }, failures, drawn) => {
      const delay = backoffDelay({ initial, max: initial + more }, failures, drawn);
      return Number.isInteger(delay) && delay >= 0 && delay <= initial + more;
    }),
  );
  t.pass();
});

/** A cluster of that many ready workers. */
function running(workers: number, change: Partial<Policy> = {}): World {
  const world = new World(workers, policy(change));
  world.take({ type: 'start' }, Number.NaN);
  for (let id = 1; id <= workers; id += 1) world.take({ type: 'ready', id }, Number.NaN);
  return world;
}

test('a worker that ended uninvited counts as one restart of its slot', (t) => {
  const world = running(2);
  world.take({ type: 'exit', id: 2, code: 1, signal: null }, 0);
  t.deepEqual([world.state.slots[0]?.total ?? 0, world.state.slots[1]?.total], [0, 1]);
});

test('a slot that was given up and is tried again has one restart more', (t) => {
  const world = running(2, { maxRestarts: 0 });
  world.take({ type: 'exit', id: 2, code: 1, signal: null }, 0);
  t.deepEqual([world.state.members[3]?.phase, world.state.slots[1]?.total], ['failed', 0]);
  world.fire('retry:3');
  t.deepEqual([world.state.members[3]?.phase, world.state.slots[1]?.total], ['starting', 1]);
});

test('a worker that leaves is given those that serve for its connections, and nobody at a stop or where none move', (t) => {
  const heirsOf = (effects: readonly Effect[]) =>
    effects.flatMap((one) => (one.type === 'retire' ? [one.successors.map(({ id }) => id)] : []));
  const fewer = { type: 'scale', to: 2 } as const;
  t.deepEqual(heirsOf(running(3).take(fewer)), [[1, 2]]);
  t.deepEqual(heirsOf(running(3, { moveConnections: false }).take(fewer)), [[]]);
  t.deepEqual(heirsOf(running(2).take({ type: 'stop' })), [[], []]);
});

test('a slot that fails at each try is tried again after twice the time, up to ten minutes', (t) => {
  const world = running(2, { maxRestarts: 0, restartWindow: 60_000 });
  const waits: number[] = [];
  let effects = world.take({ type: 'exit', id: 2, code: 1, signal: null }, 0);
  for (let round = 0; round < 6; round += 1) {
    const armed = effects.find((one) => one.type === 'arm' && one.key.startsWith('retry:'));
    if (armed?.type !== 'arm') return t.fail('no retry is armed');
    waits.push(armed.at - world.clock.now);
    world.clock.advance(armed.at - world.clock.now, (key) => void world.take({ type: 'timer', key }, 0));
    effects = world.take({ type: 'exit', id: Number(armed.key.slice('retry:'.length)), code: 1, signal: null }, 0);
  }
  t.deepEqual(waits, [60_000, 120_000, 240_000, 480_000, 600_000, 600_000]);
});

test('two signals within a quarter of a second are one, however long the cluster has run', (t) => {
  const world = running(1);
  world.clock.advance(10_000, () => undefined);
  world.take({ type: 'stop', signal: 'SIGTERM' });
  world.clock.advance(249, () => undefined);
  world.take({ type: 'stop', signal: 'SIGTERM' });
  t.is(world.state.stop?.level, 1);
  world.clock.advance(1, () => undefined);
  world.take({ type: 'stop', signal: 'SIGTERM' });
  t.is(world.state.stop?.level, 2);
});

test('without a drain delay a stop begins at once, whoever asks for one', (t) => {
  const world = running(1);
  world.take({ type: 'stop', delay: true });
  t.is(world.state.phase, 'stopping');
});

test('each fork is told of, with its slot and generation', (t) => {
  const effects = new World(2).take({ type: 'start' });
  const told = effects.flatMap((one) => (one.type === 'notify' ? [one.notification] : []));
  t.deepEqual(
    told,
    [1, 2].map((id) => ({ type: 'worker-starting', slot: id - 1, id, generation: 1 })),
  );
});

const reasonOf = (effects: readonly Effect[]) =>
  effects.flatMap((one) =>
    one.type === 'notify' && one.notification.type === 'worker-exit' ? [one.notification.reason] : [],
  );

test('a worker that the kernel killed for want of memory has that reason, ready or not', (t) => {
  const killed = { type: 'exit', id: 1, code: null, signal: 'SIGKILL', outOfMemory: true } as const;
  t.deepEqual(reasonOf(running(2).take(killed, 0)), ['out-of-memory']);
  const booting = new World(2);
  booting.take({ type: 'start' });
  t.deepEqual(reasonOf(booting.take(killed, 0)), ['out-of-memory']);
});

test('a hung worker has failed, also where it ends with code 0 before the signal comes', (t) => {
  const world = running(2, { restart: 'on-failure' });
  world.take({ type: 'hung', id: 1 });
  const effects = world.take({ type: 'exit', id: 1, code: 0, signal: null }, 0);
  t.deepEqual(reasonOf(effects), ['hang']);
  t.is(forks(effects), 1);
});

const answerOf = (effects: readonly Effect[]) => effects.find((effect) => effect.type === 'reply')?.answer;
const forks = (effects: readonly Effect[]) => effects.filter(({ type }) => type === 'fork').length;

for (const to of [0, -1, 1_025, 1.5, Number.NaN, Number.POSITIVE_INFINITY]) {
  test(`no cluster has ${to} workers: the order is refused and nothing changes`, (t) => {
    const world = running(2);
    const before = world.state;
    const effects = world.take({ type: 'scale', to, request: 1 }, Number.NaN);
    t.like(answerOf(effects), { ok: false, code: 'BAD_REQUEST' });
    t.is(world.state.target, before.target);
    t.is(forks(effects), 0);
  });
}

for (const by of [-2, -5]) {
  test(`by ${by} of two there is nobody left: it is refused`, (t) => {
    t.like(answerOf(running(2).take({ type: 'scale', by, request: 1 }, Number.NaN)), { ok: false });
  });
}

for (const [what, event] of [
  ['a reload', { type: 'reload', policy: POLICY, request: 1 }],
  ['a scale', { type: 'scale', to: 3, request: 1 }],
  ['a recycle', { type: 'recycle', id: 1, reason: 'restart', request: 1 }],
] as const) {
  test(`${what} is refused during a reload, in which somebody is told to wait, and at a stop for good`, (t) => {
    const reloading = running(2);
    reloading.take({ type: 'reload', policy: POLICY }, Number.NaN);
    t.like(answerOf(reloading.take(event, Number.NaN)), { ok: false, code: 'BUSY' });
    const stopping = running(2);
    stopping.take({ type: 'stop' }, Number.NaN);
    const effects = stopping.take(event, Number.NaN);
    t.like(answerOf(effects), { ok: false, code: 'STOPPING' });
    t.is(forks(effects), 0);
  });
}

test('workers that are to be replaced are replaced one after the other, each once however often it is asked for', (t) => {
  const world = running(2);
  const first = world.take({ type: 'recycle', id: 1, reason: 'recycle' }, Number.NaN);
  t.is(forks(first), 1);
  for (const id of [1, 2, 2])
    t.is(forks(world.take({ type: 'recycle', id, reason: 'recycle' }, Number.NaN)), 0, `${id}`);
  world.take({ type: 'ready', id: 3 }, Number.NaN);
  const gone = world.take({ type: 'exit', id: 1, code: 0, signal: null }, Number.NaN);
  t.is(forks(gone), 1, 'the next one begins when the old worker is reaped');
  world.take({ type: 'ready', id: 4 }, Number.NaN);
  t.is(forks(world.take({ type: 'exit', id: 2, code: 0, signal: null }, Number.NaN)), 0);
});

test('one that is leaving, or that nobody knows, is not replaced', (t) => {
  const world = running(2);
  world.take({ type: 'leaving', id: 1, reason: 'app-exit' }, Number.NaN);
  for (const id of [1, 99]) {
    t.like(answerOf(world.take({ type: 'recycle', id, reason: 'restart', request: id }, Number.NaN)), {
      code: 'BAD_REQUEST',
    });
  }
});

test('what comes late from a worker that is gone changes nothing', (t) => {
  const world = running(2);
  world.take({ type: 'exit', id: 1, code: 1, signal: null }, 0.5);
  const before = structuredClone(world.state);
  for (const late of [
    { type: 'exit', id: 1, code: 0, signal: null },
    { type: 'ready', id: 1 },
    { type: 'hung', id: 1 },
    { type: 'alive', id: 1 },
    { type: 'leaving', id: 1, reason: 'stop' },
    { type: 'timer', key: 'boot:1' },
    { type: 'timer', key: 'leave' },
  ] as const) {
    t.deepEqual(world.take(late, Number.NaN), [], late.type);
  }
  t.deepEqual(world.state, before);
});
