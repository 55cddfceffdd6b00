import { promisify } from 'node:util';
import { gzip } from 'node:zlib';

/** Compresses off the event loop. */
export const gzipped: (bytes: Buffer) => Promise<Buffer> = promisify(gzip);
