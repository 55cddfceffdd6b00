import cluster from 'node:cluster';

/**
 * A worker's stderr, and on a terminal its stdout, are pipes to the primary. When that is gone, or whoever reads its
 * output (`| head`), what the worker still writes is lost, but must not end it before its requests and its flush.
 * From the start: a write may fail before the worker hears that its primary has gone. So may a message, and node:cluster
 * sends its own (at each `listening`, `close`, and connection of round-robin) without asking what becomes of them.
 */
export function surviveBrokenPipes(): void {
  // An error of the channel goes by way of cluster.worker, which throws it where nobody listens.
  for (const emitter of [process.stdout, process.stderr, cluster.worker]) {
    emitter?.on('error', (error: NodeJS.ErrnoException) => {
      if (!GONE.has(error.code)) throw error;
    });
  }
}

const GONE = new Set<string | undefined>(['EPIPE', 'ECONNRESET', 'ERR_IPC_CHANNEL_CLOSED']);
