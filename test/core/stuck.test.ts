import test from 'ava';
import fc from 'fast-check';
import { members, serves } from '../../src/core/roster.js';
import type { Member } from '../../src/core/types.js';
import { checkWhole, finish, isLeaving, settle } from './environment.js';
import { must } from './invariants.js';
import { runs } from './runs.js';
import { POLICY, World } from './world.js';

const sizes = fc.integer({ min: 1, max: 6 });
const policies = fc.record({ maxSurge: fc.nat(3), maxUnavailable: fc.nat(2), maxRestarts: fc.nat(4) });

test('a bad reload whose way back is blocked is answered, keeps serving, and gives way to a good one', (t) => {
  const numRuns = runs(1_000);
  let stuck = 0;
  fc.assert(
    fc.property(sizes, fc.nat(6), policies, sizes, (workers, good, policy, again) => {
      const world = new World(workers, { ...POLICY, ...policy });
      world.take({ type: 'start' });
      settle(world);
      const reload = { type: 'reload', policy: { ...POLICY, ...policy }, target: workers } as const;
      // The first `good` slots boot on the new version, the next do not; the old one starts nowhere any more.
      const boots = (one: Member) => one.generation === 2 && one.slot < good;
      world.take({ ...reload, request: 1 });
      turnUntil(world, boots, () => world.answered.has(1));
      must(members(world.state).filter(serves).length >= workers - policy.maxUnavailable, 'capacity is kept');
      if (world.state.phase === 'reloading') stuck += 1;
      for (let request = 2; request < 2 + again; request += 1) {
        world.take({ ...reload, request });
        turnUntil(
          world,
          () => false,
          () => world.answered.has(request),
        ); // worse still
      }
      must(members(world.state).some(serves), 'somebody serves');
      world.take({ ...reload, request: 50 });
      settle(world);
      checkWhole(world);
      must(world.state.generation === world.state.lastGeneration, 'the good version serves');
      finish(world);
    }),
    { numRuns },
  );
  t.true(stuck > numRuns / 10, `${stuck} of ${numRuns} were stuck`); // a third, as drawn
});

/** Time passes; who boots, boots or fails as `boots` says; who is to leave, leaves. */
function turnUntil(world: World, boots: (one: Member) => boolean, done: () => boolean): void {
  for (let left = 500; !done(); left -= 1) {
    must(left > 0, 'nobody waits for ever');
    const all = members(world.state);
    const leaving = all.find(isLeaving);
    const booting = all.find((one) => one.phase === 'starting');
    const { canary, canaryStep, rollback } = world.state.reload ?? {};
    const asked = canaryStep === 'asked' && !rollback && all.some((one) => one.id === canary && serves(one));
    const timer = world.clock.first();
    if (leaving) world.take({ type: 'exit', id: leaving.id, code: 0, signal: null }, 0.5);
    else if (booting && boots(booting)) world.take({ type: 'ready', id: booting.id }, 0.5);
    else if (booting) world.take({ type: 'exit', id: booting.id, code: 1, signal: null }, 0.5);
    else if (asked) world.take({ type: 'alive', id: canary ?? 0 }, 0.5);
    else if (timer) world.fire(timer, 0.5);
    else must(done(), 'it comes to rest with an answer');
  }
}
