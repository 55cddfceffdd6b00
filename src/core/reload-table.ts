import type { ExitReason } from '../contract/exit-reasons.js';
import { askCanary, goBack, passCanary, rollOn, takeOver, watchCanary } from './reload.js';
import { isOnTheWayBack, rollBack } from './rollback.js';
import { serves } from './roster.js';
import { condemn, disarmCanary, type Turn } from './turn.js';
import type { Member, Reload } from './types.js';

/** Where a reload stands. It follows from the state, so that nothing can disagree with it. */
type ReloadStage =
  /** The first new worker boots. */
  | 'canary-booting'
  /** It is ready, and has to live for its time. */
  | 'canary-watched'
  /** It has lived that long, and has to answer. */
  | 'canary-asked'
  /** Slot by slot; when all are new the old generation leaves. */
  | 'rolling'
  /** A new worker was lost: the old generation takes its slots back, or tries to for as long as it does not start either. */
  | 'going-back';

const CANARY_STAGES = {
  booting: 'canary-booting',
  watched: 'canary-watched',
  asked: 'canary-asked',
} as const satisfies Record<Exclude<Reload['canaryStep'], 'passed'>, ReloadStage>;

function stageOf(reload: Reload): ReloadStage {
  if (reload.rollback) return 'going-back';
  return reload.canaryStep === 'passed' ? 'rolling' : CANARY_STAGES[reload.canaryStep];
}

/** What can happen to a reload under way, each of it to one member. */
interface Row {
  /** It has become ready. */
  readonly ready: (turn: Turn, one: Member, reload: Reload) => void;
  /** It has lived for the canary's time. */
  readonly timeOver: (turn: Turn, one: Member, reload: Reload) => void;
  /** It has answered that it lives. */
  readonly alive: (turn: Turn, one: Member, reload: Reload) => void;
  /** It has not answered in time. */
  readonly silent: (turn: Turn, one: Member, reload: Reload) => void;
  /** One that is not of the old generation was lost. */
  readonly lost: (turn: Turn, one: Member, reload: Reload, reason: ExitReason) => void;
  /** It has ended, as it may. False when it was on its way out anyway. */
  readonly done: (turn: Turn, one: Member, reload: Reload) => boolean;
  /** The roster has changed in another way. */
  readonly changed: (turn: Turn) => void;
}

/** Written out, so that a cell nobody thought of does not compile. */
const ignore = (): void => undefined;

/** No canary is watched. */
const noCanary = { timeOver: ignore, alive: ignore, silent: ignore };

const RELOAD: Readonly<Record<ReloadStage, Row>> = {
  'canary-booting': { ...noCanary, ready: readyInBoot, lost: back, done: doneForward, changed: ignore },
  'canary-watched': { ...noCanary, ready: takeOver, timeOver, lost: back, done: doneForward, changed: ignore },
  'canary-asked': { timeOver: ignore, ready: takeOver, alive, silent, lost: back, done: doneForward, changed: ignore },
  rolling: { ...noCanary, ready: readyForward, lost: back, done: doneForward, changed: rollOn },
  'going-back': { ...noCanary, ready: readyBack, lost: rollBack, done: doneBack, changed: rollBack },
};

/** The row of the reload under way. */
function rowOf({ state }: Turn): { readonly row: Row; readonly reload: Reload } | undefined {
  const { reload } = state;
  return reload && { row: RELOAD[stageOf(reload)], reload };
}

/** Takes the next step of a reload, if one is under way and a step is due. Safe to call after any change. */
export function advanceReload(turn: Turn): void {
  rowOf(turn)?.row.changed(turn);
}

/** A worker is ready: what it replaces may go, unless it is a canary that has to prove itself first. */
export function replacementReady(turn: Turn, one: Member): void {
  const at = rowOf(turn);
  if (at) at.row.ready(turn, one, at.reload);
  else takeOver(turn, one);
}

/** A worker has lived for the canary's time. */
export function canaryTimeOver(turn: Turn, one: Member): void {
  const at = rowOf(turn);
  at?.row.timeOver(turn, one, at.reload);
}

/** A worker has answered that it lives. */
export function canaryAlive(turn: Turn, one: Member): void {
  const at = rowOf(turn);
  at?.row.alive(turn, one, at.reload);
}

/** A worker has not answered in time. */
export function canarySilent(turn: Turn, one: Member): void {
  const at = rowOf(turn);
  at?.row.silent(turn, one, at.reload);
}

/** A worker is gone. True when it was one of the new generation, so that the reload goes back (or already does). */
export function newWorkerLost(turn: Turn, one: Member, reason: ExitReason): boolean {
  const at = rowOf(turn);
  if (!at || (one.generation !== at.reload.to && !isOnTheWayBack(turn.state, one))) return false;
  at.row.lost(turn, one, at.reload, reason);
  return true;
}

/**
 * A worker has ended, as it may. One of the new generation has shown by that that it works.
 *
 * @returns false when it was on its way out anyway, and the rollback goes on
 */
export function newWorkerDone(turn: Turn, one: Member): boolean {
  const at = rowOf(turn);
  return at ? at.row.done(turn, one, at.reload) : true;
}

function readyInBoot(turn: Turn, one: Member, reload: Reload): void {
  if (one.id === reload.canary) watchCanary(turn, one, reload);
  else takeOver(turn, one);
}

function readyForward(turn: Turn, one: Member): void {
  takeOver(turn, one);
  rollOn(turn);
}

function readyBack(turn: Turn, one: Member): void {
  takeOver(turn, one);
  rollBack(turn);
}

/** Killed for hanging: its exit decides. */
const isServingCanary = (one: Member, reload: Reload): boolean => one.id === reload.canary && serves(one);

function timeOver(turn: Turn, one: Member, reload: Reload): void {
  if (isServingCanary(one, reload)) askCanary(turn, one, reload);
}

function alive(turn: Turn, one: Member, reload: Reload): void {
  if (!isServingCanary(one, reload)) return;
  disarmCanary(turn);
  passCanary(turn, reload);
  readyForward(turn, one);
}

function silent(turn: Turn, one: Member, reload: Reload): void {
  if (isServingCanary(one, reload)) condemn(turn, one, 'hang');
}

function back(turn: Turn, one: Member, reload: Reload, reason: ExitReason): void {
  goBack(turn, reload, one, reason);
}

function doneForward(turn: Turn, one: Member, reload: Reload): boolean {
  if (one.generation !== reload.to) return true;
  passCanary(turn, reload); // no other one of its generation runs before the canary has passed
  takeOver(turn, one);
  return true;
}

function doneBack(turn: Turn, one: Member): boolean {
  if (!isOnTheWayBack(turn.state, one)) return true;
  rollBack(turn);
  return false;
}
