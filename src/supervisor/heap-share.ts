import { type HeapPlan, planHeap } from '../config/heap.js';
import type { Config } from '../config/types.js';
import type { Log } from '../contract/log.js';

/**
 * The bounds of a worker's memory for as many workers as there are to be now: `scale` changes what each one's share is. Those
 * that run keep what they were started with; a reload gives all of them the same.
 */
export function createHeapShare(log: Log, wanted: () => number): (config: Config) => HeapPlan {
  let reported: string | undefined;
  return ({ heap, workers: configured }) => {
    const workers = wanted();
    const plan = heap.facts === undefined || workers === configured ? heap : planHeap({ ...heap.facts, workers });
    const text = plan.warning ?? plan.why;
    if (text !== reported && (reported !== undefined || plan !== heap)) {
      if (plan.warning) log.warn(plan.warning);
      else if (plan.why) log.info(plan.why);
    }
    reported = text;
    return plan;
  };
}
