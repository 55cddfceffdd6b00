import type { FullStatus } from '../contract/control-protocol.js';

/** What the first supervisors answer. Never more: a field that is added has its row below, for those that lack it. */
type OfTheFirst = 'name' | 'pid' | 'script' | 'phase' | 'generation' | 'target' | 'workers' | 'uptimeMs';

/** What they do not answer yet. */
const ABSENT = {
  build: 'unknown',
  node: 'unknown',
  leaving: false,
  output: { file: undefined, problem: undefined, dropped: { lines: 0, bytes: 0 } },
  connections: { moved: 0, drained: {} },
} satisfies Omit<FullStatus, OfTheFirst>;

/** An answer to GET /v1/status: a supervisor may be older than who asks it, and fields were added since. */
export function completeStatus(answered: FullStatus): FullStatus {
  return { ...ABSENT, ...answered };
}
