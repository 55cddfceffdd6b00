import type { Log } from '../log.js';
import type { Supervisor } from './supervisor.js';

/** Two signals of one kind this close together, in milliseconds, are one: a wrapper in our process group passes its on. */
const ONE_SIGNAL = 250;

interface StopOrder {
  readonly signal?: string;
  readonly quick?: boolean;
}

/** The way to a stop: load balancers are told first, and given the drain delay to take this cluster off their lists. */
export interface Leave {
  /** Stops after the drain delay. A second call ends the delay. */
  stop(how?: StopOrder): void;
  /** The same for a caller who waits for the end: asking again, unless it is `quick`, changes nothing. */
  ask(quick: boolean): void;
  /** Stops without the delay. */
  stopNow(how: StopOrder): void;
  /** True while the delay runs: workers accept, `/readyz` says 503. */
  leaving(): boolean;
  cancel(): void;
}

export function createLeave(supervisor: Supervisor, delayMs: () => number, log: Log): Leave {
  let waiting:
    | { readonly timer: NodeJS.Timeout; readonly signal: string | undefined; readonly since: number }
    | undefined;
  const cancel = () => {
    clearTimeout(waiting?.timer);
    waiting = undefined;
  };
  const stopNow = (how: StopOrder) => {
    cancel(); // or the end of the delay would be taken for a second, impatient stop
    supervisor.stop(how);
  };
  const isStopping = () => supervisor.status().phase === 'stopping';
  const stop = (how: StopOrder = {}) => {
    const delay = delayMs();
    if (waiting && how.signal && waiting.signal === how.signal && performance.now() - waiting.since < ONE_SIGNAL)
      return;
    if (waiting || delay === 0 || how.quick || isStopping()) return stopNow(how);
    log.info(`not ready any more: workers accept for another ${delay} ms`);
    const timer = setTimeout(stopNow, delay, how);
    waiting = { timer, signal: how.signal, since: performance.now() };
  };
  return {
    stop,
    ask: (quick) => {
      if (quick || !(waiting || isStopping())) stop({ quick });
    },
    stopNow,
    leaving: () => waiting !== undefined,
    cancel,
  };
}
