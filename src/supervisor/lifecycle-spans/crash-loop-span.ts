import type { LifecycleSpan } from '../../contract/lifecycle-span.js';
import type { Predecessor } from '../../contract/worker-exit.js';
import type { Notification } from '../../core/types.js';
import { errorIn } from './error-text.js';
import { exceptionEvents, type SpanDraft } from './span-draft.js';

/** So many exits of one slot are remembered, to know when its crash loop began. */
const ENDS_KEPT = 1_000;

interface Facts {
  now(): number;
  /** The stderr of the worker that failed last. */
  failedStderr(): string;
}

interface CrashLoops {
  take(notification: Notification): void;
  /** A worker ended unplanned. */
  ended(exit: Pick<Predecessor, 'slot' | 'at'>): void;
}

/** Slots, and clusters, that are given up: `kf.crash_loop`, from the first of the ends that led to it. */
export function watchCrashLoops(facts: Facts, emit: (draft: SpanDraft) => void): CrashLoops {
  const ends = new Map<number, readonly number[]>();
  let firstFork: number | undefined;
  const loop = (start: number | undefined, attributes: LifecycleSpan['attributes'], error: string) => {
    const end = facts.now();
    const events = exceptionEvents(end, errorIn(facts.failedStderr()));
    emit({ name: 'kf.crash_loop', start: start ?? end, end, attributes, error, events });
  };
  const take = (notification: Notification) => {
    switch (notification.type) {
      case 'worker-starting':
        firstFork ??= facts.now();
        return;
      case 'reload-done':
        ends.clear(); // what the old code did is not held against the new
        return;
      case 'slot-failed':
        return loop(
          ends.get(notification.slot)?.slice(-notification.restarts - 1)[0],
          slotAttributes(notification),
          'the slot is given up',
        );
      case 'never-ready':
        return loop(
          firstFork,
          { 'kf.crash_loop.scope': 'cluster', 'kf.crash_loop.forks': notification.forks },
          'no worker ever became ready',
        );
      case 'crash-loop':
        return loop(earliest(ends), { 'kf.crash_loop.scope': 'cluster' }, 'all slots are given up');
    }
  };
  return {
    take,
    ended: ({ slot, at }) => void ends.set(slot, [...(ends.get(slot) ?? []), at].slice(-ENDS_KEPT)),
  };
}

function slotAttributes({ slot, restarts, window }: Extract<Notification, { type: 'slot-failed' }>) {
  return {
    'kf.crash_loop.scope': 'slot',
    'kf.worker.slot': slot,
    'kf.crash_loop.restarts': restarts,
    'kf.crash_loop.window_ms': window,
  };
}

function earliest(ends: ReadonlyMap<number, readonly number[]>): number | undefined {
  const firsts = [...ends.values()].flatMap(([first]) => (first === undefined ? [] : [first]));
  return firsts.length === 0 ? undefined : Math.min(...firsts);
}
