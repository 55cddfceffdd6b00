import test from 'ava';
import fc from 'fast-check';
import { isAlive, members, serves } from '../../src/core/roster.js';
import type { Event, Policy, TimerKey, TimerKind } from '../../src/core/types.js';
import { checkWhole, finish, isLeaving, settle } from './environment.js';
import { must } from './invariants.js';
import { runs } from './runs.js';
import { POLICY, World } from './world.js';

/** One random step; `pick` chooses among the workers or timers there are. */
interface Step {
  readonly kind: Kind;
  readonly pick: number;
  readonly roll: number;
}

const KINDS = [
  ...['ready', 'ready', 'ready', 'ready', 'crash', 'quit', 'sigkill', 'drained', 'drained', 'hung', 'alive', 'leaving'],
  ...[
    'timer',
    'timer',
    'timer',
    'late',
    'stop',
    'signal',
    'leave',
    'leave-request',
    'quick',
    'up',
    'down',
    'to',
    'reload',
    'reload',
    'recycle',
  ],
] as const;
type Kind = (typeof KINDS)[number];

const LATE = Object.keys({
  boot: 0,
  drain: 0,
  backoff: 0,
  uptime: 0,
  canary: 0,
  answer: 0,
  retry: 0,
} satisfies Record<TimerKind, 0>) as TimerKind[];

const policies = fc.record({
  maxSurge: fc.nat(2),
  maxUnavailable: fc.nat(2),
  maxRestarts: fc.nat(4),
  canaryTime: fc.constantFrom(0, 500),
  drainTimeout: fc.constantFrom(0, 25_000),
  drainDelay: fc.constantFrom(0, 10_000),
});
const endings = fc.record({
  restart: fc.constantFrom<Policy['restart'][]>('always', 'on-failure', 'never'),
  stopExitCodes: fc.constantFrom([], [0], [1]),
  lingers: fc.constantFrom<Policy['lingers'][]>('no', 'ended', 'failed'),
});
const allPolicies = fc.tuple(policies, endings).map(([one, other]) => ({ ...one, ...other }));
const roll = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });
const stepOf = (kinds: readonly Kind[]) => fc.record({ kind: fc.constantFrom(...kinds), pick: fc.nat(30), roll });
const RUNS = { numRuns: runs(2_000) };

test('anything may happen: every invariant holds, all settles in one whole generation, and stop always ends', (t) => {
  const steps = fc.array(stepOf(KINDS), { maxLength: 60 });
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 6 }), allPolicies, steps, (workers, policy, all) => {
      const world = begin(workers, policy);
      for (const [at, step] of all.entries()) act(world, step, at, policy);
      settle(world);
      checkWhole(world);
      finish(world);
    }),
    RUNS,
  );
  t.pass();
});

test('an app that never becomes ready ends the cluster with 70, within its fork budget', (t) => {
  const steps = fc.array(stepOf(['crash', 'quit', 'sigkill', 'leaving', 'drained', 'timer', 'up', 'down']), {
    maxLength: 40,
  });
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 12 }), policies, steps, (workers, policy, all) => {
      const world = begin(workers, policy);
      for (const [at, step] of all.entries()) act(world, step, at, policy);
      settle(world, 'broken');
      must(world.state.phase === 'stopped' && world.exits[0] === 70, 'a crash loop ends with 70');
      must(world.forksBeforeReady <= 6, `${world.forksBeforeReady} forks`);
    }),
    RUNS,
  );
  t.pass();
});

test('a reload keeps the capacity: ready workers never fall below target - maxUnavailable, also on the way back', (t) => {
  const steps = fc.array(stepOf(['ready', 'drained', 'timer', 'crash-new' as Kind, 'fail-boot' as Kind]), {
    maxLength: 60,
  });
  const sizes = fc.integer({ min: 1, max: 6 });
  fc.assert(
    fc.property(sizes, sizes, policies, steps, (workers, after, policy, all) => {
      const world = begin(workers, policy);
      settle(world);
      let lost = 0;
      const least = () => Math.min(workers, after) - policy.maxUnavailable - lost;
      const check = () => {
        const serving = members(world.state).filter(serves).length;
        must(serving >= least(), `${serving} of ${workers} to ${after} serve, ${lost} new ones crashed`);
      };
      world.take({ type: 'reload', policy: { ...POLICY, ...policy }, target: after, request: 1 });
      for (const step of all) {
        if ((step.kind as string) === 'crash-new') lost += crashNew(world, step) ? 1 : 0;
        else if ((step.kind as string) === 'fail-boot') failBoot(world, step);
        else act(world, step, 0, policy);
        check();
      }
      settle(world, 'works', check);
      must(world.state.target === (world.state.generation === 2 ? after : workers), 'the size of its generation');
      must(world.answered.has(1), 'the reload has its answer');
    }),
    RUNS,
  );
  t.pass();
});

test('a plan is kept: every slot serves in the end, whatever was recycled, and never two replacements at once', (t) => {
  const steps = fc.array(stepOf(['recycle', 'ready', 'drained', 'timer']), { maxLength: 40 });
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 5 }), steps, (workers, all) => {
      const world = begin(workers, {});
      settle(world);
      for (const [at, step] of all.entries()) {
        act(world, step, at, {});
        const planned = members(world.state).filter((one) => one.reason === 'recycle' || one.phase === 'starting');
        must(planned.filter((one) => one.phase !== 'draining').length <= 1, 'one replacement at a time');
        must(planned.filter((one) => one.phase === 'draining').length <= 1, 'one leaves at a time');
        must(members(world.state).filter(serves).length >= workers, 'capacity is kept');
      }
      settle(world);
      checkWhole(world);
    }),
    RUNS,
  );
  t.pass();
});

function begin(workers: number, policy: Partial<Policy>): World {
  const world = new World(workers, { ...POLICY, ...policy });
  world.take({ type: 'start' });
  return world;
}

function act(world: World, step: Step, at: number, policy: Partial<Policy>): void {
  const { kind } = step;
  const request = 1_000 + at;
  if (kind === 'timer') {
    const key = choose(world.clock.armed, step);
    if (key) world.fire(key, step.roll);
    return;
  }
  if (kind === 'late') {
    const id = step.pick + 1;
    // It was in the queue already when its member went on; a member that still waits for it cannot get it twice.
    for (const one of LATE) if (!world.clock.armed.includes(`${one}:${id}`)) late(world, `${one}:${id}`, step);
    return;
  }
  const event = clusterEvent(kind, step, request, policy) ?? workerEvent(world, kind, step, request);
  if (event) world.take(event, step.roll);
}

/** A timer that fires once more must change nothing that matters: the checks after each event see to that. */
function late(world: World, key: TimerKey, step: Step): void {
  world.take({ type: 'timer', key }, step.roll);
}

function clusterEvent(kind: Kind, { pick }: Step, request: number, policy: Partial<Policy>): Event | undefined {
  if (kind === 'up') return { type: 'scale', by: 1, request };
  if (kind === 'down') return { type: 'scale', by: -1, request };
  if (kind === 'to') return { type: 'scale', to: pick % 8, request };
  if (kind === 'reload') return { type: 'reload', policy: { ...POLICY, ...policy }, target: 1 + (pick % 6), request };
  // Seldom enough that the other things have a chance to happen first.
  if (kind === 'stop' && pick < 3) return { type: 'stop', request };
  if (kind === 'signal' && pick < 3) return { type: 'stop', signal: pick % 2 ? 'SIGINT' : 'SIGTERM' };
  if (kind === 'leave' && pick < 3) return { type: 'stop', signal: pick % 2 ? 'SIGHUP' : 'SIGTERM', delay: true };
  if (kind === 'leave-request' && pick < 3) return { type: 'stop', delay: true, request };
  if (kind === 'quick' && pick < 3) return { type: 'stop', quick: true, request };
  return undefined;
}

function workerEvent(world: World, kind: Kind, step: Step, request: number): Event | undefined {
  const reason = 'recycle' as const;
  if (kind === 'recycle') {
    const one = choose(members(world.state), step);
    return { type: 'recycle', id: one?.id ?? 99_999, reason, request };
  }
  const one = choose(members(world.state).filter(kind === 'drained' ? isLeaving : isAlive), step);
  if (!one) return undefined;
  const { id } = one;
  // What was sent SIGKILL can still have said something before; only afterwards comes its exit.
  if (kind === 'ready') return { type: 'ready', id };
  if (kind === 'hung') return { type: 'hung', id };
  if (kind === 'alive') return { type: 'alive', id };
  if (kind === 'leaving') return { type: 'leaving', id, reason: 'signal' };
  if (kind === 'crash') return { type: 'exit', id, code: 1, signal: null };
  if (kind === 'quit' || kind === 'drained') return { type: 'exit', id, code: 0, signal: null };
  if (kind === 'sigkill') return { type: 'exit', id, code: null, signal: 'SIGKILL' };
  return undefined;
}

function crashNew(world: World, step: Step): boolean {
  const one = choose(
    members(world.state).filter((other) => other.generation === 2 && isAlive(other)),
    step,
  );
  if (!one) return false;
  world.take({ type: 'exit', id: one.id, code: 1, signal: null }, step.roll);
  return one.phase === 'ready';
}

/** It served nobody yet, whatever its generation: no capacity may go with it. */
function failBoot(world: World, step: Step): void {
  const one = choose(
    members(world.state).filter((other) => other.phase === 'starting'),
    step,
  );
  if (one) world.take({ type: 'exit', id: one.id, code: 1, signal: null }, step.roll);
}

function choose<T>(from: readonly T[], { pick }: Step): T | undefined {
  return from[pick % Math.max(1, from.length)];
}
