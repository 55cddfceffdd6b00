import { availableParallelism } from 'node:os';

/** `instances` and `-i` of pm2: 0 and `max` are one for each CPU, -1 is one less. Undefined when it is no number. */
export function workersOf(value: number | string): number | 'max' | undefined {
  if (value === 'max') return 'max';
  const wanted = Number(value);
  if (!Number.isInteger(wanted) || value === '') return undefined;
  if (wanted === 0) return 'max';
  return wanted > 0 ? wanted : Math.max(1, availableParallelism() + wanted);
}

/** `kill_timeout` of pm2, in milliseconds: a quarter of it, 5 s at most, is for the last spans, the rest for requests. */
export function killTimeouts(ms: number): { readonly drain: number; readonly flush: number } {
  const flush = Math.min(5_000, Math.floor(ms / 4));
  return { drain: ms - flush, flush };
}
