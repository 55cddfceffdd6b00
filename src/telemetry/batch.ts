import { type Env, integerOf } from '../otel-env/read.js';

/** The settings of a batch processor. Times are in milliseconds. */
export interface BatchSettings {
  readonly maxQueueSize: number;
  readonly maxExportBatchSize: number;
  readonly scheduledDelayMillis: number;
}

/**
 * OTEL_BSP_* for spans, OTEL_BLRP_* for logs; the specification's defaults 2048, 512, and 5000 or 1000. Throws
 * OTEL_INVALID for what is not a number. The timeout has no meaning here: a batch is in the store before its export
 * returns.
 */
export function readBatch(env: Env, prefix: 'OTEL_BSP' | 'OTEL_BLRP' = 'OTEL_BSP'): BatchSettings {
  const maxQueueSize = integerOf(env, `${prefix}_MAX_QUEUE_SIZE`, 2048, 1);
  return {
    maxQueueSize,
    // A batch above the queue would never fill.
    maxExportBatchSize: Math.min(integerOf(env, `${prefix}_MAX_EXPORT_BATCH_SIZE`, 512, 1), maxQueueSize),
    scheduledDelayMillis: integerOf(env, `${prefix}_SCHEDULE_DELAY`, prefix === 'OTEL_BSP' ? 5000 : 1000, 0),
  };
}
