/** Why a connection was drained and not moved. */
export const WHY_DRAINED = ['tls', 'http2', 'other-protocol', 'upgraded', 'nobody-takes-it'] as const;
export type WhyDrained = (typeof WHY_DRAINED)[number];

/** What became of the open connections of a worker that has left. */
export interface ConnectionReport {
  readonly moved: number;
  /** Those that ended with the worker although others were to be moved, by reason. */
  readonly drained: Readonly<Partial<Record<WhyDrained, number>>>;
}

/** `12 moved, 3 drained (2 tls, 1 upgraded)`; empty when there were none. */
export function describeConnections({ moved, drained }: ConnectionReport): string {
  const reasons = Object.entries(drained);
  const sum = reasons.reduce((total, [, count]) => total + count, 0);
  const why = reasons.map(([name, count]) => `${count} ${name}`).join(', ');
  return [moved > 0 && `${moved} moved`, sum > 0 && `${sum} drained (${why})`].filter(Boolean).join(', ');
}
