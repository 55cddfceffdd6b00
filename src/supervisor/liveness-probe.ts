import type { Ports } from './ports.js';

/** How often each worker is asked within one timeout. */
const ASKS = 3;

interface LivenessProbeParts {
  readonly ports: Pick<Ports, 'now' | 'timer'>;
  /** In milliseconds. */
  readonly timeoutMs: number;
  /** Sends a question that a worker's main loop answers. */
  ask(id: number): void;
  onHung(id: number): void;
}

/** Who answers. For where workers can leave no sign of life: no shared file could be made. */
export interface LivenessProbe {
  watch(id: number): void;
  /** `debugged`: a debugger may stop the worker from now on; it is then left alone until it says otherwise. */
  answered(id: number, debugged: boolean): void;
  forget(id: number): void;
}

interface Pending {
  /** When the first question was asked that has no answer yet. */
  readonly since: number | undefined;
  readonly debugged: boolean;
}

/** Asks all workers in one turn, so that an idle primary wakes up three times in a timeout and not more. */
export function createLivenessProbe(parts: LivenessProbeParts): LivenessProbe {
  const { ports, timeoutMs } = parts;
  const workers = new Map<number, Pending>();
  const period = timeoutMs / ASKS;
  let cancel: (() => void) | undefined;
  let last = 0;
  const turn = () => {
    const now = ports.now();
    // The machine slept, or this process was stopped: nobody could answer.
    const slept = now - last > 2 * period;
    last = now;
    for (const [id, pending] of workers) {
      const since = slept ? now : (pending.since ?? now);
      workers.set(id, { ...pending, since });
      if (now - since >= timeoutMs - 1 && !pending.debugged) ports.timer(0, () => judge(id, since));
      else parts.ask(id);
    }
    arm();
  };
  /** Behind one look at what has come: this process may have been the one that did not get to run. */
  const judge = (id: number, since: number) => {
    if (workers.get(id)?.since !== since) return;
    workers.delete(id);
    parts.onHung(id);
  };
  const arm = () => {
    cancel = workers.size > 0 ? ports.timer(period, turn) : undefined;
  };
  return {
    watch: (id) => {
      workers.set(id, { since: undefined, debugged: false });
      if (cancel) return;
      last = ports.now();
      arm();
    },
    answered: (id, debugged) => {
      if (workers.has(id)) workers.set(id, { since: undefined, debugged });
    },
    forget: (id) => {
      workers.delete(id);
      if (workers.size > 0) return;
      cancel?.();
      cancel = undefined;
    },
  };
}
