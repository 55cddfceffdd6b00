import { type Env, read } from '../otel-env/read-variable.js';

/** The settings of a batch processor. Times are in milliseconds. */
export interface BatchSettings {
  readonly maxQueueSize: number;
  readonly maxExportBatchSize: number;
  readonly scheduledDelayMillis: number;
}

/**
 * OTEL_BSP_* for spans, OTEL_BLRP_* for logs. The timeout has no meaning here: a batch is in the store before its export
 * returns.
 * @throws KfError OTEL_INVALID
 */
export function readBatch(env: Env, prefix: 'OTEL_BSP' | 'OTEL_BLRP' = 'OTEL_BSP'): BatchSettings {
  const maxQueueSize = read(env, `${prefix}_MAX_QUEUE_SIZE`);
  return {
    maxQueueSize,
    // A batch above the queue would never fill.
    maxExportBatchSize: Math.min(read(env, `${prefix}_MAX_EXPORT_BATCH_SIZE`), maxQueueSize),
    scheduledDelayMillis: read(env, `${prefix}_SCHEDULE_DELAY`),
  };
}
