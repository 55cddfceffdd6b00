/** Signals that reach the whole process group (Ctrl-C, a closing terminal, pm2) and are the primary's to act on. */
const LEFT_TO_PRIMARY = new Set(['SIGINT', 'SIGHUP', 'SIGQUIT']);

/** The app's own handlers of termination signals. */
export interface AppSignals {
  /** Runs the app's SIGTERM handlers, or its SIGINT handlers if it has only those. */
  deliver(): void;
}

/**
 * Takes the termination signals over from the app: a handler of the app that calls `process.exit()` at Ctrl-C would end
 * requests that the drain finishes. Its handlers are run by `deliver`, once, when the worker really stops.
 */
export function takeSignals(onTerm: () => void): AppSignals {
  const emit = process.emit;
  process.emit = function (this: NodeJS.Process, event: string, ...args: unknown[]): boolean {
    if (event === 'SIGTERM') {
      onTerm();
      return true;
    }
    if (LEFT_TO_PRIMARY.has(event)) return true;
    return Reflect.apply(emit, this, [event, ...args]) as boolean;
  } as typeof emit;
  const trap = () => undefined; // keeps Node's default action, death, away
  // After the line above: Node binds `process.emit`, as it is then, to a signal when its first listener is added.
  for (const signal of ['SIGTERM', ...LEFT_TO_PRIMARY]) process.on(signal, trap);
  return {
    deliver: () => {
      const own = (signal: NodeJS.Signals) => process.listeners(signal).filter((listener) => listener !== trap);
      const signal: NodeJS.Signals = own('SIGTERM').length > 0 ? 'SIGTERM' : 'SIGINT';
      for (const listener of own(signal)) Reflect.apply(listener, process, [signal, signal === 'SIGTERM' ? 15 : 2]);
    },
  };
}
