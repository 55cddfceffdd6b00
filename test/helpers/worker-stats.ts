import type { WorkerStats } from '../../src/contract/messages.js';

/** Figures of a worker: the one place of the tests that a new figure is added to. */
export const STATS: WorkerStats = {
  ...{ requests: 7, inFlight: 1, connections: 2, loopDelayP99: 1.5, cpu: 0.25, cpuSeconds: 3, rss: 50e6 },
};
