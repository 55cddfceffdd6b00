import { type ReadonlySignal, type Signal, useComputed, useSignal } from '@preact/signals';
import { digits } from './format.js';
import { useKeys } from './use-keys.js';

export interface Pause<T> {
  readonly on: Signal<boolean>;
  readonly rows: ReadonlySignal<readonly T[] | undefined>;
  readonly missed: ReadonlySignal<number>;
  toggle(): void;
}

/** A live tail that can be held still; what arrives meanwhile is counted and shown afterwards. Key: p. */
export function usePaused<T>(live: ReadonlySignal<readonly T[] | undefined>): Pause<T> {
  const on = useSignal(false);
  const still = useSignal<readonly T[] | undefined>(undefined);
  const rows = useComputed(() => (on.value ? still.value : live.value));
  const missed = useComputed(() => {
    if (!on.value) return 0;
    const seen = new Set(still.value);
    return (live.value ?? []).filter((row) => !seen.has(row)).length;
  });
  const toggle = () => {
    still.value = live.value;
    on.value = !on.value;
  };
  useKeys([{ keys: ['p'], what: 'pause or go on', run: toggle }]);
  return { on, rows, missed, toggle };
}

export function PauseButton<T>({ pause }: { readonly pause: Pause<T> }) {
  return (
    <button type="button" aria-pressed={pause.on.value} onClick={pause.toggle}>
      {pause.on.value ? `Paused (${digits(pause.missed.value)} new)` : 'Pause'}
    </button>
  );
}
