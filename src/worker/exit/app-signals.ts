import type { PrimarySignal } from '../../contract/primary-signals.js';
import { processWide, SIGNAL_EXIT } from '../../contract/process-wide.js';
import { keysOf } from '../../contract/table-keys.js';
import { takeSignal } from '../node-internals/take-signal.js';

/** What each signal of the primary does to a worker that it reaches too: a terminal, pm2 and `kill -- -PGID` signal the whole group. */
const REACHED_BY = {
  SIGTERM: 'stop',
  // Ctrl-C and a closing terminal: the primary's to act on.
  SIGINT: 'ignore',
  SIGHUP: 'ignore',
  SIGQUIT: 'ignore',
  // Opens the primary's log file anew.
  SIGUSR2: 'survive',
  // As in any process: whoever scales signals the primary alone.
  SIGTTIN: undefined,
  SIGTTOU: undefined,
} as const satisfies Readonly<Record<PrimarySignal, keyof SignalPlan | undefined>>;

/** Which signals stop a worker, and which say nothing to it. */
interface SignalPlan {
  /** The app's handlers of the first one that it handles are run at its stop. */
  readonly stop: readonly NodeJS.Signals[];
  readonly ignore: readonly NodeJS.Signals[];
  /** Handlers of the app hear them, and where there are none they end nothing. */
  readonly survive: readonly NodeJS.Signals[];
}

const UNDER_PRIMARY: SignalPlan = {
  stop: thoseThat('stop'),
  ignore: thoseThat('ignore'),
  survive: thoseThat('survive'),
};

function thoseThat(does: keyof SignalPlan): readonly NodeJS.Signals[] {
  return keysOf(REACHED_BY).filter((signal) => REACHED_BY[signal] === does);
}

/** The app's own handlers of a stop. */
export interface AppSignals {
  /** Runs the app's SIGTERM handlers, or its SIGINT handlers if it has only those; or those of a message. */
  deliver(): Delivery;
}

export interface Delivery {
  /** Settles when every handler that returned a promise has. A handler that throws is passed to `onThrow`, no more. */
  readonly settled: Promise<void>;
  /** Whether one works on in the background, to end the process by itself when it has finished. */
  readonly endsItself: boolean;
}

/**
 * Takes the termination signals over from the app: a handler of the app that calls `process.exit()` at Ctrl-C would end
 * requests that the drain finishes. Its handlers are run by `deliver`, once, when the worker really stops.
 */
export function takeSignals(
  onStop: () => void,
  onThrow: (error: unknown) => void,
  plan: SignalPlan = UNDER_PRIMARY,
): AppSignals {
  for (const signal of plan.stop) {
    takeSignal(signal, () => {
      onStop();
      return true;
    });
  }
  for (const signal of plan.ignore) takeSignal(signal, () => true);
  for (const signal of plan.survive) takeSignal(signal, () => false);
  return {
    deliver: () => {
      const signal = [...plan.stop, 'SIGINT' as const].find((one) => process.listenerCount(one) > 0) ?? 'SIGTERM';
      const quiet = signalExitCopies();
      const number = signal === 'SIGTERM' ? 15 : 2;
      // As they were added: one of `once` takes itself off the list.
      const listeners = process.rawListeners(signal) as NodeJS.SignalsListener[];
      const results = listeners.map((listener) => run(listener, [signal, number], onThrow));
      const working = results.filter((result) => !(result instanceof Promise)).length;
      return { settled: Promise.all(results).then(() => undefined), endsItself: working > quiet };
    },
  };
}

/**
 * The app's listeners of process messages, sent `shutdown` at the stop, as pm2 does with `shutdown_with_message`. To be
 * called before the app is loaded: what listens then already is no part of it.
 */
export function signalByMessage(onThrow: (error: unknown) => void): AppSignals {
  const before = new Set(process.listeners('message'));
  return {
    deliver: () => {
      const own = process.listeners('message').filter((listener) => !before.has(listener));
      const results = own.map((listener) => run(listener, ['shutdown'], onThrow));
      const endsItself = results.some((result) => !(result instanceof Promise));
      return { settled: Promise.all(results).then(() => undefined), endsItself };
    },
  };
}

function run(
  listener: (...args: never[]) => void,
  args: readonly unknown[],
  onThrow: (error: unknown) => void,
): unknown {
  try {
    const result: unknown = Reflect.apply(listener, process, args);
    return result instanceof Promise ? result.catch(onThrow) : result;
  } catch (error) {
    onThrow(error);
    return Promise.resolve();
  }
}

/**
 * How many handlers are of the package `signal-exit`, which countless others load: such a one cleans up at once, and
 * never ends a process in which it is not the only handler. Its copies (3.x and 4.x) keep a count for each other.
 */
function signalExitCopies(): number {
  const v3 = processWide.process?.__signal_exit_emitter__;
  return (processWide[SIGNAL_EXIT]?.count ?? 0) + (v3?.count ?? 0);
}
