import type { FullStatus } from '../contract/control-protocol.js';

/** What the first supervisors do not answer yet. */
const ABSENT = {
  build: 'unknown',
  node: 'unknown',
  leaving: false,
  output: { file: undefined, problem: undefined, dropped: { lines: 0, bytes: 0 } },
  connections: { moved: 0, drained: {} },
} satisfies Partial<FullStatus>;

/** An answer to GET /v1/status: a supervisor may be older than who asks it, and fields were added since. */
export function completeStatus(answered: FullStatus): FullStatus {
  return { ...ABSENT, ...answered };
}
