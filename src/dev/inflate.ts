import { gunzipSync, inflateSync } from 'node:zlib';
import { codeOf, messageOf } from '../contract/system-error.js';

type Inflated =
  | { readonly kind: 'inflated'; readonly body: Buffer }
  | { readonly kind: 'unknown' }
  | { readonly kind: 'too-large' }
  | { readonly kind: 'damaged'; readonly why: string };

// A map, not an object: a client that asks for `constructor` must not find one.
const INFLATE = new Map([
  ['gzip', gunzipSync],
  ['deflate', inflateSync],
]);

/** A body without its content coding, in one go, so that there is one at a time; `maxBytes` of it at most. */
export function inflateWithin(body: Buffer, coding: string, maxBytes: number): Inflated {
  const inflate = INFLATE.get(coding.toLowerCase());
  if (inflate === undefined) return { kind: 'unknown' };
  try {
    return { kind: 'inflated', body: inflate(body, { maxOutputLength: maxBytes }) };
  } catch (error) {
    // zlib says ERR_BUFFER_TOO_LARGE for a bomb, Z_* for damage.
    return codeOf(error) === 'ERR_BUFFER_TOO_LARGE'
      ? { kind: 'too-large' }
      : { kind: 'damaged', why: messageOf(error) };
  }
}
