import type { ItemAccount } from '../contract/item-account.js';
import { entriesOf } from '../contract/table-keys.js';
import type { SpanFate } from '../contract/watched-span.js';
import type { LookParts } from './look-at-spans.js';

/** How long one try to send may take, and what lies between two; in milliseconds. */
const TRY_MS = 1_000;
const PAUSE_MS = 250;

interface FateNow {
  readonly fate: SpanFate;
  readonly why?: string;
}

/** What becomes of the spans of one trace. */
interface Fate {
  /** A span of it has ended. */
  changed(): void;
  now(): FateNow;
  stop(): void;
}

/**
 * The account does not know traces. So all that has ended is sent at once when the trace has: when nothing of it is left, and
 * nothing was rejected or dropped meanwhile, its spans are acknowledged. What is in doubt counts as not acknowledged.
 */
export function createFate(
  { account, flush }: Pick<LookParts, 'account' | 'flush'>,
  hasEnded: () => boolean,
  onChange: () => void,
): Fate {
  let known: FateNow = { fate: 'open' };
  let before: ItemAccount | undefined;
  let round = 0;
  let timer: NodeJS.Timeout | undefined;
  const set = (next: FateNow) => {
    if (next.fate === known.fate && next.why === known.why) return;
    known = next;
    onChange();
  };
  const settle = async (mine: number) => {
    before ??= account();
    const isSettled = await flush!(TRY_MS);
    if (mine !== round) return; // more has ended, or nobody asks
    set(isSettled ? verdict(before, account()) : waiting(account()));
    if (!isSettled) timer = setTimeout(() => void settle(mine), PAUSE_MS).unref();
  };
  return {
    changed: () => {
      clearTimeout(timer);
      round += 1;
      if (!hasEnded()) return;
      if (flush) void settle(round);
      else set({ fate: 'unsent' });
    },
    now: () => {
      if (!hasEnded()) return { fate: 'open' }; // also when what ended before is settled: more of it has begun
      if (!before || (known.fate !== 'open' && known.fate !== 'waiting')) return known;
      // At the exit nobody comes back to it.
      const last = account();
      return last.pending + last.spooled === 0 ? verdict(before, last) : known;
    },
    stop: () => {
      clearTimeout(timer);
      round += 1;
    },
  };
}

function verdict(before: ItemAccount, after: ItemAccount): FateNow {
  if (after.rejected > before.rejected) return { fate: 'rejected', why: 'the collector rejected spans of a request' };
  const causes = entriesOf(after.dropped).filter(([cause, items]) => items > before.dropped[cause]);
  if (causes.length === 0) return { fate: 'acknowledged' };
  return { fate: 'dropped', why: causes.map(([cause]) => cause).join(', ') };
}

function waiting({ held }: ItemAccount): FateNow {
  return { fate: 'waiting', why: held ?? 'the collector does not answer' };
}
