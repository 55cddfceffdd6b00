import type { Log } from '../log.js';
import type { Supervisor } from './supervisor.js';

/** The way to a stop: load balancers are told first, and given the drain delay to take this cluster off their lists. */
export interface Leave {
  /** A second call ends the delay. */
  stop(how?: { signal?: string; quick?: boolean }): void;
  /** True while the delay runs: workers accept, `/readyz` says 503. */
  leaving(): boolean;
  cancel(): void;
}

export function createLeave(supervisor: Supervisor, delayMs: () => number, log: Log): Leave {
  let timer: NodeJS.Timeout | undefined;
  const cancel = () => {
    clearTimeout(timer);
    timer = undefined;
  };
  return {
    stop: (how = {}) => {
      const delay = delayMs();
      const delayed = delay > 0 && !how.quick && !timer && supervisor.status().phase !== 'stopping';
      cancel();
      if (!delayed) return supervisor.stop(how);
      log.info(`not ready any more: workers accept for another ${delay} ms`);
      timer = setTimeout(() => {
        timer = undefined;
        supervisor.stop(how);
      }, delay);
    },
    leaving: () => timer !== undefined,
    cancel,
  };
}
