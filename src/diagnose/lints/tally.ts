import type { Found, LintFinding, LintRow } from './lint-span.js';

/** Services that are counted each for itself; what comes from more is not looked at. */
const MAX_SERVICES = 100;
/** Names and traces that a finding shows. */
const SHOWN = 3;
const LONGEST_NAME = 80;

/** How often one lint has found something, by service; bounded. */
export interface Tally {
  found(service: string, name: string, traceId: string): void;
  findings(id: string, row: LintRow): LintFinding[];
  /** One of its own, with what this one has so far. */
  copy(): Tally;
}

interface Entry {
  count: number;
  readonly names: Set<string>;
  readonly traces: Set<string>;
}

export function createTally(entries = new Map<string, Entry>()): Tally {
  return {
    found: (service, name, traceId) => {
      const entry = entries.get(service) ?? { count: 0, names: new Set<string>(), traces: new Set<string>() };
      if (entry.count === 0 && entries.size >= MAX_SERVICES) return;
      entry.count += 1;
      if (entry.names.size < SHOWN) entry.names.add(name.slice(0, LONGEST_NAME));
      if (entry.traces.size < SHOWN) entry.traces.add(traceId);
      entries.set(service, entry);
    },
    findings: (id, row) =>
      [...entries].map(([service, { count, names, traces }]) => {
        const found: Found = { service, count, names: [...names].join(', ') };
        return { id, severity: row.severity, ...row.describe(found), examples: [...traces] };
      }),
    copy: () =>
      createTally(
        new Map(
          [...entries].map(([service, { count, names, traces }]) => [
            service,
            { count, names: new Set(names), traces: new Set(traces) },
          ]),
        ),
      ),
  };
}
