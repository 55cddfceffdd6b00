import type { Event, TimerKey } from '../core/types.js';
import type { Ports } from './ports.js';

interface CanaryProbeParts {
  readonly ports: Pick<Ports, 'timer'>;
  /** How long a canary may take to answer, milliseconds. */
  patienceMs(): number;
  /** Asks a worker for a sign of life, which its main loop gives. */
  ask(id: number): void;
  enqueue(event: Event): void;
}

/** The end of a canary's time: that it lives is not enough, its event loop must turn. */
export interface CanaryProbe {
  /** A timer of the core has fired. That of a canary reaches the core when the canary answers; others at once. */
  due(key: TimerKey): void;
  /** Also of workers that nobody asked here. */
  answered(id: number): void;
  forget(id: number): void;
}

/** A canary that does not answer in time is reported as hung. */
export function createCanaryProbe({ ports, patienceMs, ask, enqueue }: CanaryProbeParts): CanaryProbe {
  const asked = new Map<number, { readonly key: TimerKey; readonly cancel: () => void }>();
  const forget = (id: number) => {
    asked.get(id)?.cancel();
    asked.delete(id);
  };
  return {
    due: (key) => {
      if (!key.startsWith('canary:')) return enqueue({ type: 'timer', key });
      const id = Number(key.slice('canary:'.length));
      const cancel = ports.timer(patienceMs(), () => {
        asked.delete(id);
        enqueue({ type: 'hung', id });
      });
      asked.set(id, { key, cancel });
      ask(id);
    },
    answered: (id) => {
      const one = asked.get(id);
      forget(id);
      if (one) enqueue({ type: 'timer', key: one.key });
    },
    forget,
  };
}
