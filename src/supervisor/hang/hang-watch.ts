import type { Stall, StallReport } from '../../contract/stall.js';
import type { Ports } from '../ports.js';

/** Shares of the hang timeout without a sign of life: from when a worker is looked at closely, and its stack is read. */
const SILENT = 0.3;
const SUSPECT = 0.8;
/** How long the reading may take: a share of the timeout, but not less than this, in milliseconds. */
const READING = 0.15;
const SHORTEST_READING = 3_000;
/** How often a worker is looked at that is silent, within one timeout, and at least apart in milliseconds. */
const LOOKS = 20;
const SLOWEST_LOOK = 1_000;
/** The share of the timeout within which one that is silent is woken for: two looks must fit before it is suspected. */
const WAKE = 0.35;

export interface HangWatchParts {
  readonly ports: Pick<Ports, 'now' | 'timer' | 'signsOfLife' | 'isStopped' | 'readStack' | 'onSilence'>;
  /** The hang timeout, in milliseconds. */
  readonly timeoutMs: number;
  /** False: what blocks a worker is not read. */
  readonly stack: boolean;
  onReport(id: number, report: StallReport): void;
}

/** Whose event loop does not turn. Nothing here wakes the primary while all workers give signs of life. */
export interface HangWatch {
  watch(id: number, pid: number): void;
  forget(id: number): void;
}

interface Watched {
  readonly pid: number;
  /** The count starts here if this is later than the last sign of life. On the ports' clock. */
  notBefore: number;
  /** When it was found silent, by a look that is not the first after the machine slept. */
  noticed?: number | undefined;
  suspicion?: Suspicion | undefined;
}

/** What was found in the stall under way. */
interface Suspicion {
  readonly since: number;
  stall?: Stall;
  hung?: true;
}

export function createHangWatch(parts: HangWatchParts): HangWatch {
  const { ports, timeoutMs } = parts;
  const workers = new Map<number, Watched>();
  let disarm: (() => void) | undefined;
  let rest: (() => void) | undefined;

  const look = () => {
    disarm?.();
    disarm = undefined;
    const signs = ports.signsOfLife();
    const now = ports.now();
    let silent = false;
    for (const [id, one] of workers) {
      const sign = signs?.get(one.pid);
      if (judge(parts, id, one, { now, beat: sign?.at ?? 0, debugged: sign?.debugged ?? false }, look)) silent = true;
    }
    if (silent) disarm = ports.timer(Math.min(SLOWEST_LOOK, timeoutMs / LOOKS), look);
  };

  return {
    watch: (id, pid) => {
      workers.set(id, { pid, notBefore: ports.now() });
      rest ??= ports.onSilence(timeoutMs * WAKE, look);
    },
    forget: (id) => {
      workers.delete(id);
      if (workers.size > 0) return;
      rest?.();
      disarm?.();
      rest = undefined;
      disarm = undefined;
    },
  };
}

interface Seen {
  readonly now: number;
  /** When it gave its last sign of life. */
  readonly beat: number;
  readonly debugged: boolean;
}

/** @returns whether it has to be looked at again soon */
function judge(parts: HangWatchParts, id: number, one: Watched, seen: Seen, look: () => void): boolean {
  const { ports, timeoutMs, onReport } = parts;
  const { now } = seen;
  const { suspicion } = one;
  if (suspicion && seen.beat > suspicion.since) {
    one.suspicion = undefined;
    if (suspicion.stall)
      onReport(id, { ...suspicion.stall, type: 'recovered', ms: Math.round(seen.beat - suspicion.since) });
  }
  if (seen.debugged) one.notBefore = now;
  const since = Math.max(seen.beat, one.notBefore);
  const silent = now - since;
  if (silent < timeoutMs * SILENT) {
    one.noticed = undefined;
    return false;
  }
  if (ports.isStopped(one.pid)) {
    one.notBefore = now;
    one.noticed = undefined;
    return false;
  }
  one.noticed ??= now;
  // Not at the first look: after a machine slept all are silent, and alive.
  if (silent >= timeoutMs * SUSPECT && now > one.noticed) suspect(parts, id, one, { since, silent }, look);
  return true;
}

function suspect(
  parts: HangWatchParts,
  id: number,
  one: Watched,
  { since, silent }: { readonly since: number; readonly silent: number },
  look: () => void,
): void {
  const { timeoutMs, stack, onReport } = parts;
  if (!one.suspicion) {
    const mine: Suspicion = { since };
    one.suspicion = mine;
    if (stack) return void read(parts, id, one, { mine, silent }).then(look);
    mine.stall = { ms: Math.round(silent), frames: [], why: 'it was not to be read' };
  }
  const { suspicion } = one;
  if (silent < timeoutMs || !suspicion.stall || suspicion.hung) return;
  suspicion.hung = true;
  onReport(id, { ...suspicion.stall, type: 'hung', ms: Math.round(silent) });
}

async function read(
  { ports, timeoutMs, onReport }: HangWatchParts,
  id: number,
  one: Watched,
  { mine, silent }: { readonly mine: Suspicion; readonly silent: number },
): Promise<void> {
  const stack = await ports.readStack(one.pid, Math.max(timeoutMs * READING, SHORTEST_READING));
  if (one.suspicion !== mine) return; // it runs again
  if (stack.kind === 'debugged') {
    one.suspicion = undefined;
    one.notBefore = ports.now();
    return;
  }
  const found = stack.kind === 'frames' ? { frames: stack.frames } : { frames: [], why: stack.why };
  mine.stall = { ms: Math.round(silent), ...found };
  onReport(id, { ...mine.stall, type: 'stalled' });
}
