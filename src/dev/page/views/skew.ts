import type { NowView } from '../data/contract.js';

type Slot = NowView['lanes'][number];

interface Skew {
  readonly slot: number;
  /** Of the requests of all slots. */
  readonly share: number;
  readonly p95: number | undefined;
  readonly loopDelay: number | undefined;
  readonly memory: number | undefined;
  /** What differs from the siblings' median. */
  readonly differs: readonly string[];
}

const LAST_SECONDS = 60;
/** Beyond what chance and a shared accept queue do. */
const FACTOR = 1.5;
const LEAST_MS = 5;
/** Of each worker, on average: fewer say nothing. */
const LEAST_REQUESTS = 20;

/** How evenly the workers of the last minute fare. */
export function skewOf(slots: readonly Slot[]): readonly Skew[] {
  const workers = slots.filter((one) => one.slot >= 0);
  const requests = workers.map((one) => one.requests.slice(-LAST_SECONDS).reduce((sum, each) => sum + each, 0));
  const total = requests.reduce((sum, each) => sum + each, 0);
  const rows = workers.map((one, at) => ({
    slot: one.slot,
    share: total === 0 ? 0 : (requests[at] ?? 0) / total,
    p95: mean(one.p95),
    loopDelay: mean(one.loopDelay),
    memory: mean(one.memory.slice(-5)),
  }));
  const medians = {
    p95: median(rows.map((row) => row.p95)),
    loopDelay: median(rows.map((row) => row.loopDelay)),
    memory: median(rows.map((row) => row.memory)),
  };
  return rows.map((row) => ({
    ...row,
    differs: [
      ...(total >= LEAST_REQUESTS * rows.length && row.share * rows.length > FACTOR ? ['more requests'] : []),
      ...(isOver(row.p95, medians.p95, LEAST_MS) ? ['slower'] : []),
      ...(isOver(row.loopDelay, medians.loopDelay, LEAST_MS) ? ['busier loop'] : []),
      ...(isOver(row.memory, medians.memory, 0) ? ['more memory'] : []),
    ],
  }));
}

const isOver = (value: number | undefined, middle: number | undefined, least: number) =>
  value !== undefined && middle !== undefined && value > middle * FACTOR && value - middle > least;

function mean(values: readonly (number | null)[]): number | undefined {
  const known = values.slice(-LAST_SECONDS).filter((value) => value !== null);
  return known.length === 0 ? undefined : known.reduce((sum, value) => sum + value, 0) / known.length;
}

function median(values: readonly (number | undefined)[]): number | undefined {
  const sorted = values.filter((value) => value !== undefined).sort((a, b) => a - b);
  return sorted[Math.floor((sorted.length - 1) / 2)];
}
