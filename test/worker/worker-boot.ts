import type { WorkerBoot } from '../../src/config/boot-messages.js';
import { forkSpec } from '../../src/supervisor/fork-spec.js';
import { CONFIG } from '../supervisor/scripted-ports.js';

/** The boot message of a worker, as its primary makes it. */
export function workerBoot(change: Partial<WorkerBoot> = {}): WorkerBoot {
  const facts = { roll: () => 0, heap: () => CONFIG.heap };
  return { ...forkSpec(CONFIG, { slot: 0, generation: 1 }, {}, facts).boot, ...change };
}
