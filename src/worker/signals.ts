import { constants } from 'node:os';

/** Signals that reach the whole process group (Ctrl-C, a closing terminal, pm2) and are the primary's to act on. */
const LEFT_TO_PRIMARY: readonly NodeJS.Signals[] = ['SIGINT', 'SIGHUP', 'SIGQUIT'];

/** Which signals stop a worker, and which say nothing to it. */
export interface SignalPlan {
  /** The app's handlers of the first one that it handles are run at its stop. */
  readonly stop: readonly NodeJS.Signals[];
  readonly ignore: readonly NodeJS.Signals[];
}

const UNDER_PRIMARY: SignalPlan = { stop: ['SIGTERM'], ignore: LEFT_TO_PRIMARY };

/** The app's own handlers of termination signals. */
export interface AppSignals {
  /** Runs the app's SIGTERM handlers, or its SIGINT handlers if it has only those. */
  deliver(): void;
}

/**
 * Takes the termination signals over from the app: a handler of the app that calls `process.exit()` at Ctrl-C would end
 * requests that the drain finishes. Its handlers are run by `deliver`, once, when the worker really stops.
 */
export function takeSignals(onStop: () => void, plan: SignalPlan = UNDER_PRIMARY): AppSignals {
  const emit = process.emit;
  process.emit = function (this: NodeJS.Process, event: string, ...args: unknown[]): boolean {
    if (plan.stop.includes(event as NodeJS.Signals)) {
      onStop();
      return true;
    }
    if (plan.ignore.includes(event as NodeJS.Signals)) return true;
    return Reflect.apply(emit, this, [event, ...args]) as boolean;
  } as typeof emit;
  const trap = () => undefined; // keeps Node's default action, death, away
  // After the line above: Node binds `process.emit`, as it is then, to a signal when its first listener is added.
  for (const signal of [...plan.stop, ...plan.ignore]) process.on(signal, trap);
  return {
    deliver: () => {
      const own = (signal: NodeJS.Signals) => process.listeners(signal).filter((listener) => listener !== trap);
      const signal = [...plan.stop, 'SIGINT' as const].find((one) => own(one).length > 0);
      if (signal === undefined) return;
      for (const listener of own(signal)) Reflect.apply(listener, process, [signal, constants.signals[signal]]);
    },
  };
}
