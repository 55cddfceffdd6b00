/** Writes data to stdout and waits until it is gone. A reader that went away (`| head`) is no failure. */
export function print(text: string): Promise<void> {
  const { promise, resolve, reject } = deferred();
  const settle = (error?: NodeJS.ErrnoException | null) => {
    if (error && error.code !== 'EPIPE') reject(error);
    else resolve();
  };
  process.stdout.once('error', settle);
  process.stdout.write(text, settle);
  return promise;
}

function deferred() {
  let resolve!: () => void;
  let reject!: (error: unknown) => void;
  const promise = new Promise<void>((yes, no) => {
    resolve = yes;
    reject = no;
  });
  return { promise, resolve, reject };
}
