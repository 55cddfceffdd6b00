/** Bytes of an answer that are read: more than any needs. What comes after them is not kept. */
export const MAX_ANSWER_BYTES = 64 * 1024;

/**
 * What a collector or a proxy has packed without being asked to: a partial success would be taken for a whole one otherwise. What
 * cannot be unpacked is nothing: the status alone says then what became of the request.
 */
export function unpackAnswer(body: Uint8Array, encoding: string | undefined): Uint8Array {
  if (encoding === undefined || encoding === 'identity') return body;
  const { brotliDecompressSync, constants, unzipSync } = process.getBuiltinModule('node:zlib');
  const maxOutputLength = MAX_ANSWER_BYTES;
  try {
    return encoding === 'br'
      ? brotliDecompressSync(body, { maxOutputLength })
      : unzipSync(body, { maxOutputLength, finishFlush: constants.Z_SYNC_FLUSH });
  } catch {
    return new Uint8Array(0);
  }
}
