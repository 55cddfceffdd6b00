import type { NowView } from '../data/contract.js';

const LEAST_SECONDS = 60;

/** Without the seconds before the session began, so that a young one fills its charts; a minute at least. */
export function recentOf(now: NowView, startedAt: number): NowView {
  const begin = now.seconds.findIndex((second) => second >= startedAt);
  const from = Math.min(begin < 0 ? 0 : begin, Math.max(0, now.seconds.length - LEAST_SECONDS));
  if (from === 0) return now;
  const cut = <T>(values: readonly T[]): readonly T[] => values.slice(from);
  return {
    ...now,
    seconds: cut(now.seconds),
    lanes: now.lanes.map((one) => ({
      ...one,
      requests: cut(one.requests),
      p50: cut(one.p50),
      p95: cut(one.p95),
      p99: cut(one.p99),
      loopDelay: cut(one.loopDelay),
      memory: cut(one.memory),
    })),
  };
}
