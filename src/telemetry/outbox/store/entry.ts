import { promisify } from 'node:util';
import { mergeParts } from '../format/merge.js';
import { appendParts, bytesOf, type Part } from '../format/part.js';
import { readRecords } from '../format/read-records.js';
import type { Encoding, Signal } from '../format/record.js';
import { splitRequest } from '../format/split.js';
import type { SpoolFs } from '../outbox-ports.js';
import type { Stored } from './segment-directory.js';

/** A record of a dead worker; `age` in milliseconds. */
export type Left = Pick<Entry, 'signal' | 'encoding' | 'items' | 'bytes' | 'stored'> & { readonly age: number };

/** A batch that was just encoded. */
export interface NewBatch {
  readonly kind: Signal;
  readonly encoding: Encoding;
  readonly items: number;
  /** Kept, and grown. */
  readonly parts: Part[];
}

/** One or more serialized requests that travel together: in memory, on disk, or both. */
export interface Entry {
  readonly signal: Signal;
  readonly encoding: Encoding;
  /** Order of handing in; a flush waits for what has no greater one than it. */
  readonly order: number;
  /** Monotonic milliseconds of the oldest record inside. */
  readonly since: number;
  /** Of a worker that is gone: on disk anyway, so a flush does not wait for it. */
  readonly recovered: boolean;
  /** Sent on its own: it may be the bad one of a refused request. */
  alone: boolean;
  /** Spans, log records or metrics inside. */
  items: number;
  /** Payload bytes: of the chunks, or else on disk. */
  bytes: number;
  /** Undefined when the bytes are on disk only. Changed only through the backlog, which counts the memory. */
  readonly chunks: Part[] | undefined;
  /** Undefined when the bytes are in memory only. */
  stored: Stored | undefined;
}

/** Small neighbours become one entry, so that a long outage costs bytes and not objects. */
const FOLD_BYTES = 256 * 1024;
/** What is further apart in time expires apart. Milliseconds. */
const FOLD_MS = 10_000;

/** Makes `b` a part of `a`; false if they must stay apart. In place, as it is done for each record. */
export function fold(a: Entry, b: Entry): boolean {
  const alike =
    a.signal === b.signal && a.encoding === b.encoding && a.recovered === b.recovered && !a.alone && !b.alone;
  if (!alike || a.bytes + b.bytes > FOLD_BYTES || b.since - a.since > FOLD_MS) return false;
  if ((a.chunks === undefined) !== (b.chunks === undefined)) return false;
  if ((a.stored === undefined) !== (b.stored === undefined)) return false;
  if (a.stored && b.stored && !join(a.stored, b.stored)) return false;
  if (a.chunks && b.chunks) appendParts(a.chunks, b.chunks);
  a.items += b.items;
  a.bytes += b.bytes;
  return true;
}

/** Makes `b` a part of `a`, if it lies right behind it. */
function join(a: Stored, b: Stored): boolean {
  if (a.segment !== b.segment || a.offset + a.length !== b.offset || a.last + 1 !== b.first) return false;
  a.length += b.length;
  a.last = b.last;
  a.records += b.records;
  return true;
}

/** The requests inside an entry, from disk if need be; undefined if the disk no longer has them. */
export async function loadChunks(entry: Entry, fs: SpoolFs): Promise<Part[] | undefined> {
  // Kept, because the entry loses it if its segment is deleted while we wait.
  const { stored } = entry;
  if (entry.chunks || !stored) return entry.chunks;
  const { segment, offset, length } = stored;
  const file = Buffer.allocUnsafe(length);
  try {
    await promisify(fs.read)(segment.fd, file, 0, length, offset);
  } catch {
    // Unreadable is the same as damaged: the caller counts it.
    return undefined;
  }
  return partsOf(stored, file);
}

/** The same, at once; for the moment before the files vanish. */
export function loadChunksSync(entry: Entry, fs: SpoolFs): Part[] | undefined {
  if (entry.chunks || !entry.stored) return entry.chunks;
  const { segment, offset, length } = entry.stored;
  const file = Buffer.allocUnsafe(length);
  try {
    fs.readSync(segment.fd, file, 0, length, offset);
  } catch {
    // As above.
    return undefined;
  }
  return partsOf(entry.stored, file);
}

function partsOf(stored: Stored, file: Buffer): Part[] | undefined {
  const { found } = readRecords(file, stored.segment.seed);
  return found.length === stored.records ? found.map(({ record }) => record) : undefined;
}

/** Two entries in memory with the halves of one; undefined if it is a single item. */
export function halve(entry: Entry, parts: readonly Part[]): Entry[] | undefined {
  const middle = parts.length >> 1;
  const halves =
    parts.length > 1
      ? [parts.slice(0, middle), parts.slice(middle)]
      : splitRequest(Buffer.concat(mergeParts(parts, entry.encoding)), entry.encoding)?.map((part) => [part]);
  return halves?.map((chunks) => {
    const items = chunks.reduce((sum, part) => sum + part.items, 0);
    const bytes = bytesOf(chunks);
    // Merged again they would be too large again.
    return { ...entry, chunks, items, bytes, stored: undefined, alone: true };
  });
}

/** How many items of a signal are on disk, and how many in memory only. */
export function heldOf(signal: Signal, entries: readonly Entry[]): { spooled: number; pending: number } {
  const held = { spooled: 0, pending: 0 };
  for (const entry of entries) {
    if (entry.signal === signal) held[entry.stored ? 'spooled' : 'pending'] += entry.items;
  }
  return held;
}
