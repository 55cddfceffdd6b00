import { isAlive, members, serves } from '../../src/core/roster.js';
import type { Event, Member } from '../../src/core/types.js';
import { must } from './invariants.js';
import type { World } from './world.js';

/** The environment from now on: whoever is to leave leaves, whoever boots becomes ready (or never does), time passes. */
export function settle(world: World, app: 'works' | 'broken' = 'works', check: () => void = () => undefined): void {
  for (let left = 2_000; left > 0; left--) {
    if (!settleOne(world, app)) return;
    check();
  }
  throw new Error('broken: it never comes to rest');
}

/** The next thing that happens by itself; false when there is nothing left. */
export function settleOne(world: World, app: 'works' | 'broken'): boolean {
  const event = nextOf(world, app);
  if (event) world.take(event, 0.5);
  const timer = event ? undefined : world.clock.first();
  if (timer) world.fire(timer, 0.5);
  return event !== undefined || timer !== undefined;
}

function nextOf(world: World, app: 'works' | 'broken'): Event | undefined {
  const all = members(world.state);
  const leaving = all.find(isLeaving);
  const { canary, canaryStep } = world.state.reload ?? {};
  const asked = canaryStep === 'asked' ? all.find((one) => one.id === canary && serves(one)) : undefined;
  if (asked && app === 'works' && !world.state.reload?.rollback) return { type: 'alive', id: asked.id };
  if (leaving) return { type: 'exit', id: leaving.id, code: 0, signal: null };
  const booting = all.find((one) => one.phase === 'starting');
  if (app === 'works') return booting && { type: 'ready', id: booting.id };
  const alive = all.find(isAlive);
  return alive && { type: 'exit', id: alive.id, code: 1, signal: null };
}

/** At rest: one generation, each slot with the one worker it should have. */
export function checkWhole(world: World): void {
  const { state } = world;
  if (state.phase === 'stopped') return;
  must(state.phase === 'running' && state.recycling.length === 0, 'nothing is under way');
  // Nothing was ever ready, and it waits for a reload, which fills every slot.
  if (state.policy.lingers !== 'no' && state.bootForks !== undefined) return;
  for (let slot = 0; slot < state.target; slot++) {
    const here = members(state).filter((one) => one.slot === slot);
    must(here[0]?.retry === undefined || !members(state).some(serves), 'a slot that was given up is tried again');
    must(here.length === 1 && ['failed', 'done', 'ready'].includes(here[0]!.phase), `slot ${slot} has its one`);
  }
  const lingers = state.policy.lingers !== 'no';
  must(lingers || members(state).some(serves), 'somebody serves, or the cluster would have ended');
  must(members(state).length === state.target, 'no worker beyond the target');
  must(world.asked.size === world.answered.size, 'every request has its answer');
}

/** Stop ends, whatever the state. */
export function finish(world: World): void {
  world.take({ type: 'stop', request: 90_000 }, 0.5);
  world.take({ type: 'stop', signal: 'SIGTERM' }, 0.5);
  settle(world);
  must(world.state.phase === 'stopped' && world.exits.length === 1, 'stop ends, once');
  must(world.clock.armed.length === 0, 'no timer is left');
}

export function isLeaving(one: Member): boolean {
  return one.phase === 'draining' || (isAlive(one) && one.reason !== undefined);
}
