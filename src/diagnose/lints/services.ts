import type { LintSpan } from './lint-span.js';

const MAX_SERVICES = 100;

/** Since when a service answers requests or takes messages, as far as its spans show it. */
export interface Services {
  add(span: LintSpan): void;
  /** Milliseconds since 1970; undefined for one without a SERVER or CONSUMER span. */
  servesSince(service: string): number | undefined;
}

export function createServices(): Services {
  const since = new Map<string, number>();
  return {
    add: ({ service, kind, startMs }) => {
      if (kind !== 'server' && kind !== 'consumer') return;
      const known = since.get(service);
      if (known === undefined && since.size >= MAX_SERVICES) return;
      if (known === undefined || startMs < known) since.set(service, startMs);
    },
    servesSince: (service) => since.get(service),
  };
}
