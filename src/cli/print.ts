import type { Writable } from 'node:stream';

/** Of a reader that has gone; the second one is that of a further write. */
const GONE = new Set<string | undefined>(['EPIPE', 'ERR_STREAM_DESTROYED']);

/**
 * Writes data to stdout and waits until it is gone. A reader that went away (`| head`) is no failure.
 *
 * @returns whether anybody still reads: who prints again and again ends when nobody does
 */
export function print(text: string, stdout: Writable = process.stdout): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const settle = (error?: NodeJS.ErrnoException | null) => {
      if (error) return GONE.has(error.code) ? resolve(false) : reject(error);
      stdout.off('error', settle);
      resolve(true);
    };
    stdout.once('error', settle); // behind the callback, and nobody else listens
    stdout.write(text, settle);
  });
}
