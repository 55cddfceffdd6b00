import { promisify } from 'node:util';

/** Compresses off the event loop. */
export function gzipped(bytes: Buffer): Promise<Buffer> {
  return promisify<Buffer, Buffer>(process.getBuiltinModule('node:zlib').gzip)(bytes);
}
