import type { WorkerRef } from '../data/contract.js';

/** Milliseconds in the unit that has one to three digits before the point. */
export function duration(ms: number): string {
  if (!Number.isFinite(ms)) return '–';
  if (ms < 1) return `${digits(ms * 1000)} µs`;
  if (ms < 1000) return `${digits(ms)} ms`;
  if (ms < 60_000) return `${digits(ms / 1000)} s`;
  return `${Math.floor(ms / 60_000)} min ${Math.floor((ms % 60_000) / 1000)} s`;
}

export function bytes(count: number): string {
  if (count < 1000) return `${digits(count)} B`;
  if (count < 1e6) return `${digits(count / 1e3)} kB`;
  return count < 1e9 ? `${digits(count / 1e6)} MB` : `${digits(count / 1e9)} GB`;
}

/** Three significant digits, with separators from 1,000 on. */
export function digits(value: number): string {
  if (!Number.isFinite(value)) return '–';
  if (Math.abs(value) >= 100 || Number.isInteger(value)) return whole(Math.round(value));
  return Number(value.toPrecision(3)).toString();
}

/** toLocaleString would make its format anew for each of the hundreds of numbers of a list. */
const WHOLE = new Intl.NumberFormat('en');
const whole = (value: number) => (Math.abs(value) < 1000 ? String(value) : WHOLE.format(value));

export const percent = (share: number): string => `${digits(share * 100)}%`;

/** Local time of day. */
export function clock(time: number, to: 'milliseconds' | 'seconds' = 'milliseconds'): string {
  const date = new Date(time);
  const two = (part: number) => String(part).padStart(2, '0');
  const text = `${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}`;
  return to === 'seconds' ? text : `${text}.${String(date.getMilliseconds()).padStart(3, '0')}`;
}

/** `worker 2, generation 3`; the name of a sender that is no worker of ours is its service. */
export function workerName({ slot, generation, pid }: WorkerRef): string {
  if (slot === undefined) return pid === undefined ? 'another sender' : `pid ${pid}`;
  return generation === undefined ? `worker ${slot}` : `worker ${slot}, generation ${generation}`;
}

export const count = (number: number, one: string, many = `${one}s`): string =>
  `${digits(number)} ${number === 1 ? one : many}`;

/** A server span that knows no route is named after its method alone: then the path belongs to it. */
export const titleOf = (name: string, path: string | undefined): string =>
  path !== undefined && /^[A-Z]+$/.test(name) ? `${name} ${path}` : name;

/** -1 are the senders that are no workers. */
export const slotName = (slot: number): string => (slot < 0 ? 'others' : `worker ${slot}`);
