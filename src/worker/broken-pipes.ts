/**
 * A worker's stderr, and on a terminal its stdout, are pipes to the primary. When that is gone, or whoever reads its
 * output (`| head`), what the worker still writes is lost, but must not end it before its requests and its flush.
 * From the start: a write may fail before the worker hears that its primary has gone.
 */
export function surviveBrokenPipes(): void {
  for (const stream of [process.stdout, process.stderr]) {
    stream.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code !== 'EPIPE') throw error;
    });
  }
}
