/** How long a reader of our output may take no more of it before we end all the same, in milliseconds. */
const PATIENCE = 2_000;

/**
 * Ends this process when what it has written has been read. It does not wait for what else may keep it alive: a server or a
 * timer that a hook of the primary has left open.
 */
export async function endProcess(code: number): Promise<never> {
  process.exitCode = code;
  await Promise.all([process.stdout, process.stderr].map(written));
  process.exit(code);
}

async function written(stream: NodeJS.WriteStream): Promise<void> {
  if (stream.destroyed) return;
  stream.on('error', () => undefined); // a terminal that has closed (EIO): nobody reads it, and nothing is wrong here
  // Called behind everything that was written before, or with the error of a reader that has gone.
  const done = new Promise<'done'>((resolve) => stream.write('', () => resolve('done')));
  for (let left = Number.POSITIVE_INFINITY; stream.writableLength < left; ) {
    left = stream.writableLength;
    if ((await Promise.race([done, pause()])) === 'done') return;
  }
}

function pause(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, PATIENCE));
}
