import cluster from 'node:cluster';
import type { EventEmitter } from 'node:events';
import { observe } from './emitters.js';
import { standIn } from './stand-in.js';

/**
 * A worker's stderr, and on a terminal its stdout, are pipes to the primary. When that is gone, or whoever reads its
 * output (`| head`), what the worker still writes is lost, but must not end it before its requests and its flush.
 * From the start: a write may fail before the worker hears that its primary has gone. So may a message, and node:cluster
 * sends its own (at each `listening`, `close`, and connection of round-robin) without asking what becomes of them.
 */
export function surviveBrokenPipes(): void {
  // An error of the channel goes by way of cluster.worker, which throws it where nobody listens.
  if (cluster.worker) survive(cluster.worker);
  for (const name of ['stdout', 'stderr'] as const) whenMade(name, survive);
}

function survive(emitter: EventEmitter): void {
  observe(emitter, 'error', (error: NodeJS.ErrnoException) => GONE.has(error.code) && isUnheard(emitter));
}

/**
 * Node makes these streams when they are first asked for. To ask now would cost each boot 2 ms, and many an app writes to one of
 * them alone, or to none: the getter of Node stays away until then. Somebody who was here before us may have made it.
 */
function whenMade(name: 'stdout' | 'stderr', then: (stream: EventEmitter) => void): void {
  const own = Object.getOwnPropertyDescriptor(process, name);
  const { get } = own ?? {};
  if (!get) return then(process[name]);
  const made = standIn(get, () => {
    Object.defineProperty(process, name, own ?? {});
    const stream = process[name];
    then(stream);
    return stream;
  });
  Object.defineProperty(process, name, { ...own, get: made });
}

/** The app's own listeners hear it as they would without us. */
function isUnheard(emitter: EventEmitter): boolean {
  return emitter.listenerCount('error') === 0;
}

const GONE = new Set<string | undefined>(['EPIPE', 'ECONNRESET', 'ERR_IPC_CHANNEL_CLOSED']);
