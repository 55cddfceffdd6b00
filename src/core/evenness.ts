import type { Standing } from '../contract/connection-table.js';

/** How many connections above the mean are still even: two, or an eighth of the mean where that is more. */
const SLACK = 2;
const SLACK_SHARE = 1 / 8;

/** A worker that is behind and holds back, because it was ahead, will be back in so many milliseconds at most. */
const SOON = 4;

/**
 * Whether a worker with `open` connections should leave the next one to the others: to one that is behind and there.
 *
 * @param closing how many are about to close by themselves: so many are no lead
 */
export function isAhead(open: number, closing: number, peers: readonly Standing[]): boolean {
  const total = peers.reduce((sum, peer) => sum + peer.open, open);
  const fair = total / (peers.length + 1);
  if (open <= fair + Math.max(SLACK, closing, fair * SLACK_SHARE)) return false;
  return peers.some((peer) => peer.holding <= SOON && peer.open < fair);
}

/** Where so many are about to close, what is published would be outdated at once. */
export function isChurning(closing: number): boolean {
  return closing > SLACK;
}

/** Before it looks at the others a worker can know that it is not ahead. */
export function cannotBeAhead(open: number, closing: number): boolean {
  return open <= Math.max(SLACK, closing);
}

/** How many connections came and went in the present stretch of time and in the one before it. */
interface Closes {
  readonly since: number;
  readonly now: number;
  readonly before: number;
}

/** In milliseconds: stretches that closes are counted by, and how near a close is to be called close. */
const STRETCH = 256;
const NEAR = 64;

export const NO_CLOSES: Closes = { since: 0, now: 0, before: 0 };

/** One that had stayed for longer says nothing of those that are open now. */
export function afterClose(closes: Closes, at: number, openedAt: number): Closes {
  if (at - openedAt > STRETCH) return closes;
  const { since, now, before } = upTo(closes, at);
  return { since, now: now + 1, before };
}

/** How many connections will probably close in the next 64 ms. Where many come and go nobody need hold back. */
export function closingSoon(closes: Closes, at: number): number {
  const { now, before } = upTo(closes, at);
  return (Math.max(now, before) * NEAR) / STRETCH;
}

function upTo(closes: Closes, at: number): Closes {
  const passed = at - closes.since;
  if (passed < STRETCH) return closes;
  return { since: at, now: 0, before: passed < 2 * STRETCH ? closes.now : 0 };
}

/** How a worker that holds back goes on. */
export interface Patience {
  /** Until it looks again, in milliseconds. */
  readonly delay: number;
  /** What the others have accepted in all, as it saw last. */
  readonly accepted: number;
  /** How many connections it has found since, that all others had left. */
  readonly left: number;
}

/** While the others accept it looks as often as timers allow; while nothing comes, less and less often. Milliseconds. */
const SHORT = 1;
const LONG = 50;
/** So many connections were left to it, one every 4 ms, and nobody else has accepted one: the others are blocked. */
const LEFT_LIMIT = 32;

export function newPatience(peers: readonly Standing[]): Patience {
  return { delay: SHORT, accepted: acceptedBy(peers), left: 0 };
}

/** While the others accept there is no more to do than to wait; undefined when they do not: then the queue is polled. */
export function whileOthersAccept(patience: Patience, peers: readonly Standing[]): Patience | undefined {
  return acceptedBy(peers) === patience.accepted ? undefined : newPatience(peers);
}

/**
 * @param found whether there was a connection in the queue; it is taken
 * @returns undefined when the others do not take part
 */
export function afterPoll(patience: Patience, found: boolean): Patience | undefined {
  if (!found) return { ...patience, delay: Math.min(patience.delay * 2, LONG) };
  const left = patience.left + 1;
  return left < LEFT_LIMIT ? { ...patience, delay: SOON, left } : undefined;
}

function acceptedBy(peers: readonly Standing[]): number {
  return peers.reduce((sum, peer) => sum + peer.accepted, 0);
}
