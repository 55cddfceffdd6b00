import { useEffect } from 'preact/hooks';
import { bind, type Key } from './keys.js';

/** The keys of a view for as long as it is open. */
export function useKeys(keys: readonly Key[]): void {
  useEffect(() => bind(keys));
}
