import type { Writable } from 'node:stream';

/**
 * How many bytes of a stream wait to be written. A stream counts what it has handed to libuv as waiting until all of it is
 * written; `writeQueueSize` of its handle, which Node itself reads for the timeouts of sockets, says how much of that is.
 */
export function bytesWaiting(stream: Writable): number {
  const { _handle }: Writable & { _handle?: { readonly writeQueueSize?: number } | null } = stream;
  return stream.writableLength + (_handle?.writeQueueSize ?? 0);
}
