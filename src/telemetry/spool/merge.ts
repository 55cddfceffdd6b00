import type { Encoding } from './record.js';

/**
 * One request out of several of the same signal and encoding, without decoding any of them: protobuf requests
 * concatenate into a valid one; JSON ones are arrays under one key, whose insides are joined by commas.
 */
export function mergeRequests(requests: readonly Uint8Array[], encoding: Encoding): readonly Uint8Array[] {
  if (encoding === 'protobuf' || requests.length === 1) return requests;
  const merged: Uint8Array[] = [];
  for (const [index, request] of requests.entries()) {
    const inside = request.indexOf(OPEN) + 1;
    merged.push(index === 0 ? request.subarray(0, inside) : COMMA, request.subarray(inside, request.length - 2));
  }
  merged.push(CLOSE);
  return merged;
}

const OPEN = '['.charCodeAt(0);
const COMMA = Buffer.from(',');
const CLOSE = Buffer.from(']}');
