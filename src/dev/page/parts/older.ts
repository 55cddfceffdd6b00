import { type Signal, useSignal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import { say } from './notice.js';

interface Older<T> {
  /** In the order of the live tail: newest last. */
  readonly rows: Signal<readonly T[]>;
  readonly more: Signal<boolean>;
  load(before: string | undefined): Promise<void>;
}

/** Scrolling back behind the live tail. */
export function useOlder<T>(
  filter: string,
  ask: (before: string | undefined) => Promise<{ readonly rows: readonly T[]; readonly more: boolean }>,
): Older<T> {
  const rows = useSignal<readonly T[]>([]);
  const more = useSignal(true);
  useEffect(() => {
    rows.value = [];
    more.value = true;
  }, [filter]);
  const load = async (before: string | undefined) => {
    try {
      const page = await ask(before);
      rows.value = [...page.rows.toReversed(), ...rows.value];
      more.value = page.more;
    } catch (cause) {
      say(`not loaded: ${cause instanceof Error ? cause.message : String(cause)}`);
    }
  };
  return { rows, more, load };
}
