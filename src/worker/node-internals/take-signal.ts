import type { EventEmitter } from 'node:events';
import { observe } from './emitters.js';

/**
 * What is patched: nothing of its own; it leans on how Node opens signals. Node gives a signal a handle, which keeps its
 * default action away, when `process` emits `newListener` for it, and closes that when `process` emits `removeListener` and
 * no listener is left. So the handle is had without a listener, and the close kept from Node. Which Node versions: 20 to
 * 26 (lib/internal/process/signal.js). Contract: test/process/taken-signals.test.ts.
 */

/**
 * Hears a signal in front of the app's listeners, whose removal does not bring its default action back.
 *
 * @param onSignal returns true to keep it from them
 * @returns ends it; the signal does again what it does without us
 */
export function takeSignal(signal: NodeJS.Signals, onSignal: () => unknown): () => void {
  const endHearing = observe(process, signal, onSignal);
  const emitter: EventEmitter = process;
  emitter.emit('newListener', signal, noListener);
  const endKeeping = observe(process, 'removeListener', (...args: [string | symbol, () => void]) => {
    if (args[0] !== signal) return false;
    for (const listener of process.rawListeners('removeListener')) {
      if (listener.name !== CLOSES_THE_HANDLE) Reflect.apply(listener, process, args);
    }
    return true;
  });
  return () => {
    endHearing();
    endKeeping();
    emitter.emit('removeListener', signal, noListener); // Node closes the handle if no other is left
  };
}

const noListener = () => undefined;

const CLOSES_THE_HANDLE = 'stopListeningIfSignal';
