import { FIRST_WAVE, isBootBudgetSpent } from './boot-budget.js';
import { fillsSlots, type Refusal, refusalOf } from './cluster-phase.js';
import { count, drop, hasEnded, inSlot, isAlive, isCandidate, members, serves, slotNumbers } from './roster.js';
import { checkGivenUp } from './slot-end.js';
import { disarmAll, fork, notify, retire, set, type Turn } from './turn.js';
import type { Answer, Event } from './types.js';

const MAX_WORKERS = 1024;

/** Adds or removes workers; the highest slots go first. Refused while a reload or a stop is under way. */
export function scale(turn: Turn, event: Extract<Event, { type: 'scale' }>): void {
  const from = turn.state.target;
  const to = event.to ?? from + (event.by ?? 0);
  const refusal = refuse(turn, to);
  answer(turn, event.request, refusal ?? { ok: true });
  if (refusal) {
    notify(turn, { type: 'refused', what: `scale to ${to}`, why: refusal.why });
    return;
  }
  if (to === from) return;
  set(turn, { target: to });
  notify(turn, { type: 'scale', from, to });
  retireSurplus(turn);
  fillSlots(turn);
  checkAllReady(turn);
  checkGivenUp(turn);
}

/** Forks into every slot that has neither a worker nor the prospect of one. A reload fills its slots itself. */
export function fillSlots(turn: Turn): void {
  if (!fillsSlots(turn.state)) return;
  for (const slot of slotNumbers(turn.state.target)) {
    if (inSlot(turn.state, slot).some((one) => isCandidate(one) || hasEnded(one))) continue;
    if (turn.state.bootForks !== undefined && count(turn.state, 'starting') >= FIRST_WAVE) return;
    if (isBootBudgetSpent(turn.state)) return;
    fork(turn, { slot, generation: turn.state.generation });
  }
}

/** Retires what stands in slots beyond the target. */
function retireSurplus(turn: Turn): void {
  for (const one of members(turn.state)) {
    if (one.slot < turn.state.target) continue;
    if (isAlive(one)) {
      retire(turn, one, 'scale');
      continue;
    }
    disarmAll(turn, one);
    turn.state = drop(turn.state, one.id);
  }
}

export function checkAllReady(turn: Turn): void {
  if (turn.state.allReadyOnce || !slotNumbers(turn.state.target).every((slot) => isServed(turn, slot))) return;
  set(turn, { allReadyOnce: true });
  notify(turn, { type: 'all-ready', workers: turn.state.target });
}

function isServed(turn: Turn, slot: number): boolean {
  return inSlot(turn.state, slot).some((one) => serves(one) || one.phase === 'done');
}

export function answer(turn: Turn, request: number | undefined, text: Answer): void {
  if (request !== undefined) turn.effects.push({ type: 'reply', request, answer: text });
}

function refuse(turn: Turn, to: number): Refusal | undefined {
  const refusal = refusalOf(turn.state);
  if (refusal) return refusal;
  if (Number.isInteger(to) && to >= 1 && to <= MAX_WORKERS) return undefined;
  return { ok: false, code: 'BAD_REQUEST', why: `the number of workers must be 1 to ${MAX_WORKERS}` };
}
