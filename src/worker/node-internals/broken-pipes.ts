import cluster from 'node:cluster';
import type { EventEmitter } from 'node:events';
import { observe } from './emitters.js';

/**
 * A worker's stderr, and on a terminal its stdout, are pipes to the primary. When that is gone, or whoever reads its
 * output (`| head`), what the worker still writes is lost, but must not end it before its requests and its flush.
 * From the start: a write may fail before the worker hears that its primary has gone. So may a message, and node:cluster
 * sends its own (at each `listening`, `close`, and connection of round-robin) without asking what becomes of them.
 */
export function surviveBrokenPipes(): void {
  // An error of the channel goes by way of cluster.worker, which throws it where nobody listens.
  for (const emitter of [process.stdout, process.stderr, cluster.worker]) {
    if (!emitter) continue;
    observe(emitter, 'error', (error: NodeJS.ErrnoException) => GONE.has(error.code) && isUnheard(emitter));
  }
}

/** The app's own listeners hear it as they would without us. */
function isUnheard(emitter: EventEmitter): boolean {
  return emitter.listenerCount('error') === 0;
}

const GONE = new Set<string | undefined>(['EPIPE', 'ECONNRESET', 'ERR_IPC_CHANNEL_CLOSED']);
