import type { Config } from '../config/types.js';
import type { SpanAccount } from '../ipc/messages.js';
import type { Log } from '../log.js';

/** A worker's last word. */
export interface RunReport {
  readonly slot: number;
  readonly pid: number;
  readonly instanceId: string;
  readonly spans: SpanAccount;
  readonly requests: number;
}

export interface RunObserver {
  onFlushed?(report: RunReport): void;
}

/** Runs a supervisor in this process until it has stopped. Resolves to the process exit code. */
export async function run(config: Config, log: Log, observer: RunObserver = {}): Promise<number> {
  log.error('not built yet', { workers: config.workers, observed: observer.onFlushed !== undefined });
  return 1;
}
