import { type Env, textOf } from './env.js';
import { invalid } from './settings.js';

/** The settings of the BatchSpanProcessor. Times are in milliseconds. */
export interface BatchSettings {
  readonly maxQueueSize: number;
  readonly maxExportBatchSize: number;
  readonly scheduledDelayMillis: number;
}

/**
 * OTEL_BSP_*; the specification's defaults 2048, 512, 5000. Throws OTEL_INVALID for what is not a number. The timeout
 * has no meaning here: a batch is in the store before its export returns.
 */
export function readBatch(env: Env): BatchSettings {
  const maxQueueSize = readInteger(env, 'OTEL_BSP_MAX_QUEUE_SIZE', 2048, 1);
  return {
    maxQueueSize,
    // A batch above the queue would never fill.
    maxExportBatchSize: Math.min(readInteger(env, 'OTEL_BSP_MAX_EXPORT_BATCH_SIZE', 512, 1), maxQueueSize),
    scheduledDelayMillis: readInteger(env, 'OTEL_BSP_SCHEDULE_DELAY', 5000, 0),
  };
}

function readInteger(env: Env, name: string, fallback: number, least: number): number {
  const given = textOf(env, name);
  if (given === undefined) return fallback;
  const value = Number(given);
  if (!Number.isInteger(value) || value < least) throw invalid(name, given, `expected a whole number from ${least}`);
  return value;
}
