import { BOOT_FORK_BUDGET } from '../../src/core/boot-budget.js';
import { hasEnded, inSlot, isAlive, isCandidate, members } from '../../src/core/roster.js';
import type { Member, Reload, State, TimerKey } from '../../src/core/types.js';
import type { World } from './world.js';

export function must(holds: boolean, what: string): void {
  if (!holds) throw new Error(`broken: ${what}`);
}

/** What holds after every event, whatever happened before. */
export function checkState(world: World): void {
  const { state } = world;
  checkProcesses(world);
  checkTimers(world);
  checkHeirs(state);
  must(world.prepared?.slot === state.reload?.prepared, 'what was prepared is known, and goes with its reload');
  checkGenerations(state);
  const budget = BOOT_FORK_BUDGET + world.allowance;
  must(world.forksBeforeReady <= budget, `${world.forksBeforeReady} forks before any worker was ready`);
  must(world.exits.length === (state.phase === 'stopped' ? 1 : 0), 'one exit, at the end');
  if (state.phase !== 'stopped') return;
  must(world.alive.size === 0, 'no worker outlives the cluster');
  must(world.answered.size === world.asked.size, 'every request has its answer at the end');
}

function checkProcesses({ state, alive }: World): void {
  const known = members(state).filter(isAlive);
  must(
    known.every((one) => alive.has(one.id)),
    'every member with a process was forked and is not reaped',
  );
  must(known.length === alive.size, 'every process is on the roster until it is reaped');
}

/** A timer of a member that is gone, or is in another phase, would leak; one that is missing would leave it for ever. */
function checkTimers({ state, clock, killed }: World): void {
  const may = new Set<TimerKey>();
  const has = new Set(clock.armed);
  const needs = (key: TimerKey, unless: boolean) => {
    may.add(key);
    must(unless || has.has(key), `${key} is armed`);
  };
  for (const one of members(state)) {
    const isCanary = state.reload?.canary === one.id && state.reload.canaryStep !== 'passed' && !state.reload.rollback;
    if (one.phase === 'starting') needs(`boot:${one.id}`, killed.has(one.id));
    if (one.phase === 'draining') needs(`drain:${one.id}`, killed.has(one.id));
    if (one.retry === 'armed') needs(`retry:${one.id}`, state.phase === 'stopped');
    if (one.phase === 'backoff') needs(`backoff:${one.id}`, false);
    if (one.phase === 'ready') needs(`uptime:${one.id}`, true);
    if (one.phase === 'ready' && state.reload?.canary === one.id)
      needs(canaryTimer(one, state.reload), !isCanary || killed.has(one.id));
  }
  if (state.leave) needs('leave', false);
  for (const key of has) must(may.has(key), `${key} is disarmed when its phase is over`);
}

function canaryTimer({ id }: Member, { canaryStep }: Reload): TimerKey {
  return canaryStep === 'asked' ? `answer:${id}` : `canary:${id}`;
}

function checkHeirs(state: State): void {
  for (const slot of new Set(members(state).map((one) => one.slot))) {
    const candidates = inSlot(state, slot).filter((one) => isCandidate(one) || hasEnded(one));
    for (const [at, a] of candidates.entries()) {
      for (const b of candidates.slice(at + 1)) must(areRelated(a, b, state), `${a.id} and ${b.id} share slot ${slot}`);
    }
  }
}

function areRelated(a: Member, b: Member, { reload }: State): boolean {
  if (a.replaces?.id === b.id || b.replaces?.id === a.id) return true;
  return reload !== undefined && a.generation !== b.generation;
}

function checkGenerations(state: State): void {
  const { from, to } = state.reload ?? { from: state.generation, to: state.generation };
  // Between the two: what a reload that found no way back has left to the next.
  const mixed = members(state).some(({ generation }) => generation < from || generation > to);
  must(!mixed || state.phase === 'stopping', 'no generations but those of the reload under way');
  must((state.phase === 'leaving') === (state.leave !== undefined), 'phase and drain delay agree');
  const mayReload = state.phase === 'reloading' || (state.phase === 'leaving' && state.reload !== undefined);
  must(mayReload === (state.reload !== undefined), 'phase and reload agree');
}
