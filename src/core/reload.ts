import type { ExitReason, StopReason } from '../contract/exit-reasons.js';
import { afterReload, reloadRefusalOf } from './cluster-phase.js';
import { forgiven } from './retry.js';
import { abandonRollback, rollBack } from './rollback.js';
import { drop, inSlot, isAlive, member, members, serves, slotNumbers } from './roster.js';
import { answer } from './scale.js';
import { arm, disarmAll, discardPrepared, fork, notify, retire, set, type Turn } from './turn.js';
import type { Event, Member, Reload, State } from './types.js';

/**
 * Starts a rolling reload: the first new worker is the canary; when it has proven itself, an old worker is drained for
 * each new one that becomes ready. Any new worker lost before the end takes everything back to the old generation.
 */
export function startReload(turn: Turn, event: Extract<Event, { type: 'reload' }>): void {
  const { generation, lastGeneration, policy } = turn.state;
  const refusal = reloadRefusalOf(turn.state);
  if (refusal) {
    notify(turn, { type: 'refused', what: 'reload', why: refusal.why });
    return answer(turn, event.request, refusal);
  }
  abandonRollback(turn);
  const to = lastGeneration + 1;
  const target = event.target ?? turn.state.target;
  const reload: Reload = {
    from: generation,
    to,
    startedAt: turn.at,
    pending: slotNumbers(target),
    canary: undefined,
    canaryStep: 'booting',
    prepared: undefined,
    rollback: undefined,
    policyBefore: policy,
    targetAfter: target,
    request: event.request,
  };
  set(turn, { phase: 'reloading', lastGeneration: to, policy: event.policy, reload, recycling: [] });
  notify(turn, { type: 'reload-started', generation: to, workers: target });
  rollOn(turn);
}

/** Forks what may be forked now, and finishes when nothing is left to do. Safe to call after any change. */
export function rollOn(turn: Turn): void {
  forkNext(turn);
  finish(turn);
}

/** The canary is ready: from now on it has to live for its time. */
export function watchCanary(turn: Turn, one: Member, reload: Reload): void {
  arm(turn, `canary:${one.id}`, turn.state.policy.canaryTime);
  const watched: Reload = { ...reload, canaryStep: 'watched' };
  set(turn, { reload: watched });
  prepareNext(turn, watched);
}

/** While the canary is watched, the process of the next fork starts, and its worker is ready sooner. */
function prepareNext(turn: Turn, reload: Reload): void {
  const [slot] = reload.pending;
  if (slot === undefined) return;
  set(turn, { reload: { ...reload, prepared: slot } });
  turn.effects.push({ type: 'prepare', slot, generation: reload.to });
}

/** That it has lived for its time is not enough: its event loop must turn. It has the time of a boot to answer. */
export function askCanary(turn: Turn, one: Member, reload: Reload): void {
  turn.effects.push({ type: 'ask-alive', id: one.id });
  arm(turn, `answer:${one.id}`, turn.state.policy.bootTimeout);
  set(turn, { reload: { ...reload, canaryStep: 'asked' } });
}

/** The canary has shown that the new generation works. */
export function passCanary(turn: Turn, reload: Reload): void {
  set(turn, { reload: { ...reload, canaryStep: 'passed' } });
}

/** A worker of the new generation is lost: everything goes back to the old one. */
export function goBack(turn: Turn, reload: Reload, { slot }: Member, reason: ExitReason): void {
  discardPrepared(turn);
  const rollback = { slot, reason, failures: {}, stuck: undefined };
  set(turn, { policy: reload.policyBefore, reload: { ...reload, rollback, prepared: undefined } });
  rollBack(turn);
}

/** Retires whatever a ready worker replaces. */
export function takeOver(turn: Turn, one: Member): void {
  const old = one.replaces && member(turn.state, one.replaces.id);
  if (old && one.replaces) remove(turn, old, one.replaces.reason);
}

function remove(turn: Turn, one: Member, reason: StopReason): void {
  if (isAlive(one)) return retire(turn, one, reason);
  disarmAll(turn, one);
  turn.state = drop(turn.state, one.id);
}

function forkNext(turn: Turn): void {
  const { policy } = turn.state;
  for (let reload = turn.state.reload; reload && reload.pending.length > 0; reload = turn.state.reload) {
    const limit = reload.canaryStep === 'passed' ? Math.max(1, policy.maxSurge + policy.maxUnavailable) : 1;
    if (inFlight(turn.state, reload) >= limit) return;
    const [slot = 0, ...pending] = reload.pending;
    set(turn, { reload: { ...reload, pending, prepared: undefined } });
    forkNewFor(turn, slot, reload);
  }
}

function forkNewFor(turn: Turn, slot: number, reload: Reload): void {
  const { policy } = turn.state;
  const old = inSlot(turn.state, slot).find((one) => one.phase !== 'draining');
  const one = fork(turn, {
    slot,
    generation: reload.to,
    ...(old && { replaces: { id: old.id, reason: 'reload' as const } }),
  });
  if (reload.canary === undefined) {
    set(turn, { reload: { ...reload, pending: reload.pending.slice(1), canary: one.id } });
    return;
  }
  const mayLeave = members(turn.state).filter(serves).length > turn.state.target - policy.maxUnavailable;
  if (old && serves(old) && mayLeave) retire(turn, old, 'reload');
}

function inFlight(state: State, reload: Reload): number {
  return members(state).filter((one) => one.generation === reload.to && one.phase === 'starting').length;
}

/** All slots are new: what is left of the old generation goes, and when it has gone the reload is done. */
function finish(turn: Turn): void {
  const reload = turn.state.reload;
  if (!reload || reload.pending.length > 0 || inFlight(turn.state, reload) > 0) return;
  for (const one of members(turn.state)) {
    if (one.generation !== reload.to) remove(turn, one, one.slot < reload.targetAfter ? 'reload' : 'scale');
  }
  if (members(turn.state).some((one) => one.generation !== reload.to)) return;
  const { to: generation, targetAfter: target } = reload;
  const slots = cleanRecord(turn.state.slots);
  set(turn, { phase: afterReload(turn.state), reload: undefined, generation, target, slots });
  notify(turn, { type: 'reload-done', generation: reload.to, ms: turn.at - reload.startedAt });
  answer(turn, reload.request, { ok: true });
}

/** What the old code did is not held against the new. */
function cleanRecord(slots: State['slots']): State['slots'] {
  return Object.fromEntries(Object.entries(slots).map(([slot, history]) => [slot, forgiven(history)]));
}
