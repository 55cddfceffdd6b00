import type { SpoolFs } from '../outbox-ports.js';
import { HEADER_BYTES, type RecordFields, writeHeader } from './record.js';

const FIRST_BYTES = 64 * 1024;
/** A larger buffer is not kept for the next record. */
const KEPT_BYTES = 4 << 20;

let scratch = Buffer.allocUnsafeSlow(FIRST_BYTES);

/** Appends one record with one write. Throws what the disk throws, after a short write too. */
export function appendRecord(
  fs: SpoolFs,
  fd: number,
  seed: number,
  fields: RecordFields,
  payload: readonly Uint8Array[],
): void {
  const size = gather(payload);
  writeHeader(scratch, fields, scratch.subarray(HEADER_BYTES, size), seed);
  // One write call: a process that is killed between two would leave a torn record.
  const written = fs.writeSync(fd, scratch, 0, size);
  if (scratch.length > KEPT_BYTES) scratch = Buffer.allocUnsafeSlow(FIRST_BYTES);
  if (written === size) return;
  throw Object.assign(new Error(`ENOSPC: short write of ${written} of ${size} bytes`), { code: 'ENOSPC' });
}

/** Puts the payload behind the place of the header; returns the size of both. */
function gather(payload: readonly Uint8Array[]): number {
  let size = HEADER_BYTES;
  for (const piece of payload) size += piece.length;
  if (size > scratch.length) scratch = Buffer.allocUnsafeSlow(2 * size);
  let at = HEADER_BYTES;
  for (const piece of payload) {
    scratch.set(piece, at);
    at += piece.length;
  }
  return size;
}
