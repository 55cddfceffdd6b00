import { setTimeout as delay } from 'node:timers/promises';
import type { Contender, Setting, Started } from './contender.js';
import { firstOk, freePort } from './net.js';
import { commandOf } from './proc.js';

export interface AtRest {
  readonly started: Started;
  /** Their pids; the shells that guard a cluster are no workers. */
  readonly workers: readonly number[];
}

/** A cluster that was asked a few times, so that what a first request loads is there, and then left alone for a while. */
export async function startAtRest(
  contender: Contender,
  setting: Pick<Setting, 'workers' | 'endpoint' | 'tracing' | 'plainHandler' | 'env'>,
  settleMs: number,
): Promise<AtRest> {
  const port = await freePort();
  const started = await contender.start({ ...setting, port, careful: true, handlerMs: 0 });
  await started.allListening();
  for (let i = 0; i < 20; i++) await firstOk(port);
  await delay(settleMs);
  return { started, workers: started.workers().filter((pid) => commandOf(pid).includes('node')) };
}
