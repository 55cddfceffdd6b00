import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { Variant } from './pipeline.js';

export interface CpuWork {
  readonly type: 'cpu';
  readonly variant: Variant;
  readonly url: string;
  readonly spans: number;
  /** Spans that end in one turn of the event loop. */
  readonly perTurn: number;
  /** Spans before the measurement. */
  readonly warmUp: number;
}

export interface SustainedWork {
  readonly type: 'sustained';
  readonly variant: Variant;
  readonly url: string;
  /** Spans a second, ascending. */
  readonly rates: readonly number[];
  /** How long each rate is held. */
  readonly ms: number;
  /** Within which the last span must be acknowledged. */
  readonly settleMs: number;
}

export type SpansWork = CpuWork | SustainedWork;

export interface SpansReply {
  readonly value: number;
}

/** Works one pipeline in a process of its own; resolves with its figure. */
export async function measureSpans(work: SpansWork): Promise<number> {
  const worker = fork(fileURLToPath(new URL('./spans-process.js', import.meta.url)), [JSON.stringify(work)]);
  const gone = once(worker, 'exit');
  const reply = await Promise.race([once(worker, 'message'), gone.then(() => undefined)]);
  await gone;
  if (!reply) throw new Error(`${work.variant}: the worker ended without a figure`);
  return (reply[0] as SpansReply).value;
}
