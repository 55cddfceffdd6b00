import type { TimerKey } from '../core/types.js';
import type { Ports } from './ports.js';

/** The timers of the core, by key. Nothing else in the primary keeps time: idle, nothing wakes it. */
export interface Timers {
  /** Arms `key` for the monotonic instant `at`, milliseconds; a second call moves it. */
  arm(key: TimerKey, at: number): void;
  disarm(key: TimerKey): void;
  clear(): void;
}

export function createTimers(ports: Ports, fire: (key: TimerKey) => void): Timers {
  const armed = new Map<TimerKey, () => void>();
  const disarm = (key: TimerKey) => {
    armed.get(key)?.();
    armed.delete(key);
  };
  return {
    arm: (key, at) => {
      disarm(key);
      const cancel = ports.timer(Math.max(0, at - ports.now()), () => {
        armed.delete(key);
        fire(key);
      });
      armed.set(key, cancel);
    },
    disarm,
    clear: () => {
      for (const key of [...armed.keys()]) disarm(key);
    },
  };
}
