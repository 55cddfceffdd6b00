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

/** The default of --boot-timeout: under pm2 a short listen_timeout hastens a reload, and ends no app that is slow to say `ready`. */
const WAIT_READY_LEAST_MS = 30_000;

/** `listen_timeout` of pm2, in milliseconds, as the time that a worker has to become ready. */
export function bootTimeout(ms: number, waitReady: boolean): number {
  return waitReady ? Math.max(ms, WAIT_READY_LEAST_MS) : ms;
}
