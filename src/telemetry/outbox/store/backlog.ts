import { bytesOf, type Part } from '../format/part.js';
import { HEADER_BYTES } from '../format/record.js';
import { type Entry, fold } from './entry.js';

/** What waits to be sent, oldest first. Knows nothing of disks or connections. */
export class Backlog {
  #entries: Entry[] = [];
  /** Payload bytes held in memory. */
  memoryBytes = 0;
  /** Payload bytes in all, on disk or in memory. */
  bytes = 0;

  get entries(): readonly Entry[] {
    return this.#entries;
  }

  get isEmpty(): boolean {
    return this.#entries.length === 0;
  }

  push(entry: Entry): void {
    this.#count(entry, 1);
    const last = this.#entries.at(-1);
    if (!last || !fold(last, entry)) this.#entries.push(entry);
  }

  /** Puts back what was taken, in front and in order. */
  giveBack(entries: readonly Entry[]): void {
    for (const entry of entries) this.#count(entry, 1);
    this.#entries = [...entries, ...this.#entries].sort((a, b) => a.order - b.order);
  }

  /** The next entries that fit into one request of at most `limit` bytes; at least one if there is any. */
  take(limit: number): Entry[] {
    const first = this.#entries[0];
    if (!first) return [];
    let count = 1;
    let bytes = first.bytes;
    for (; !first.alone && count < this.#entries.length; count++) {
      const next = this.#entries[count]!;
      bytes += next.bytes;
      if (bytes > limit || next.alone || next.signal !== first.signal || next.encoding !== first.encoding) break;
    }
    const taken = this.#entries.splice(0, count);
    for (const entry of taken) this.#count(entry, -1);
    return taken;
  }

  /** Takes these out of the queue, wherever they are. */
  remove(entries: ReadonlySet<Entry>): void {
    if (entries.size === 0) return;
    this.#entries = this.#entries.filter((entry) => !entries.has(entry));
    for (const entry of entries) this.#count(entry, -1);
  }

  /** Gives an entry of the queue its bytes, or takes them out of memory. */
  setChunks(entry: Entry, chunks: Part[] | undefined): void {
    this.#count(entry, -1);
    (entry as { chunks: Part[] | undefined }).chunks = chunks;
    // On disk each record has resource and scope of its own, which may be more than its spans.
    if (chunks) entry.bytes = bytesOf(chunks);
    else if (entry.stored) entry.bytes = entry.stored.length - entry.stored.records * HEADER_BYTES;
    this.#count(entry, 1);
  }

  #count(entry: Entry, sign: 1 | -1): void {
    this.bytes += sign * entry.bytes;
    if (entry.chunks) this.memoryBytes += sign * entry.bytes;
  }
}
