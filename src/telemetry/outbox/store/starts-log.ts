import { join } from 'node:path';
import type { ReadableSpan } from '@opentelemetry/sdk-trace-node';
import { appendRecord } from '../format/append.js';
import { sizeOf } from '../format/merge.js';
import { type Encoding, HEADER_BYTES } from '../format/record.js';
import type { SpoolPorts, Warn } from '../outbox-ports.js';
import type { Journal } from './journal.js';
import { acksSeed, type SegmentDirectory, segmentFiles } from './segment-directory.js';

export interface StartsLogOptions {
  readonly journal: Journal;
  readonly ports: SpoolPorts;
  readonly encoding: Encoding;
  /** One whole export request with this span as it is now, in pieces; undefined if it cannot be made. */
  readonly encode: (span: ReadableSpan) => readonly Uint8Array[] | undefined;
  readonly warn: Warn;
}

/** More open spans than this are a leak, or not worth the memory. */
const MOST_OPEN = 4_096;
/** A span that starts with more than this is not noted. */
const LARGEST = 64 * 1024;
/** A file without an open span is emptied from this size on; one with some is written anew from the other on. */
const EMPTY_BYTES = 64 * 1024;
const COMPACT_BYTES = 1 << 20;

interface Open {
  readonly span: ReadableSpan;
  readonly sequence: number;
}

interface StartsFile {
  readonly directory: SegmentDirectory;
  readonly fd: number;
  size: number;
  /** Written anew when it is larger. */
  limit: number;
}

/**
 * The spans that are open, in a file of the worker's directory: written as each starts, taken back at the end of the turn in
 * which it has ended, after its record. Whoever recovers the directory ends what is left in it.
 */
export class StartsLog {
  readonly #options: StartsLogOptions;
  readonly #open = new Map<string, Open>();
  #ended: number[] = [];
  #file: StartsFile | undefined;
  #sequence = 0;
  #deferred = false;
  #stale = false;
  #full = false;

  constructor(options: StartsLogOptions) {
    this.#options = options;
  }

  started(span: ReadableSpan): void {
    if (this.#open.size >= MOST_OPEN) return this.#warnFull();
    const one = { span, sequence: ++this.#sequence };
    this.#open.set(span.spanContext().spanId, one);
    this.#attempt((file, holdsOpen) => {
      if (!holdsOpen) this.#write(file, one);
    });
  }

  ended(span: ReadableSpan): void {
    const id = span.spanContext().spanId;
    const one = this.#open.get(id);
    if (!one) return;
    this.#open.delete(id);
    this.#ended.push(one.sequence);
    if (this.#deferred) return;
    this.#deferred = true;
    this.#options.ports.defer(() => {
      this.#deferred = false;
      this.settle();
    });
  }

  /** Takes back the starts of all that has ended; for the end of a turn, and for the way out. */
  settle(): void {
    if (this.#ended.length === 0) return;
    const ended = this.#ended;
    this.#ended = [];
    this.#attempt((file) => {
      if (this.#open.size === 0 && file.size > EMPTY_BYTES) this.#empty(file);
      else this.#append(file, { kind: 'ends', sequence: ++this.#sequence }, [doubles(ended)]);
    });
  }

  /** After `settle`: the file stays if a span in it is still open. */
  close(): void {
    if (this.#file) this.#options.ports.fs.closeSync(this.#file.fd);
    this.#file = undefined;
    this.#open.clear();
  }

  /** @param write with whether the file was made just now, with all that is open in it */
  #attempt(write: (file: StartsFile, holdsOpen: boolean) => void): void {
    const done = this.#options.journal.attempt((directory) => {
      const before = this.#file;
      const file = this.#fileIn(directory);
      write(file, file !== before);
      directory.openStarts = this.#open.size;
      if (file.size > file.limit) this.#rewrite(directory);
      return true;
    });
    // What could not be taken back must not stay: the file is written anew as soon as the disk is back.
    if (!done) this.#stale = true;
  }

  #fileIn(directory: SegmentDirectory): StartsFile {
    if (this.#file?.directory === directory && !this.#stale) return this.#file;
    return this.#rewrite(directory);
  }

  /** A file with nothing in it but what is open now, in the place of the one before. */
  #rewrite(directory: SegmentDirectory): StartsFile {
    const { fs } = this.#options.ports;
    const path = join(directory.dir, segmentFiles.starts);
    const young = `${path}.new`;
    fs.rmSync(young, { force: true });
    const file = { directory, fd: fs.openSync(young, 'ax', 0o600), size: 0, limit: COMPACT_BYTES };
    try {
      for (const one of this.#open.values()) this.#write(file, one);
      fs.renameSync(young, path);
    } catch (error) {
      fs.closeSync(file.fd);
      throw error;
    }
    if (this.#file) fs.closeSync(this.#file.fd);
    this.#file = file;
    this.#stale = false;
    file.limit = Math.max(COMPACT_BYTES, 2 * file.size);
    return file;
  }

  #write(file: StartsFile, { span, sequence }: Open): void {
    const request = this.#options.encode(span);
    if (!request || sizeOf(request) > LARGEST) return;
    this.#append(file, { kind: 'starts', sequence }, request);
  }

  #append(
    file: StartsFile,
    { kind, sequence }: { kind: 'starts' | 'ends'; sequence: number },
    payload: readonly Uint8Array[],
  ): void {
    const { ports, encoding } = this.#options;
    const fields = { kind, encoding, items: 1, sequence, time: ports.wallClock() };
    appendRecord(ports.fs, file.fd, acksSeed(file.directory.name), fields, payload);
    file.size += HEADER_BYTES + sizeOf(payload);
  }

  #empty(file: StartsFile): void {
    this.#options.ports.fs.ftruncateSync(file.fd, 0);
    file.size = 0;
  }

  #warnFull(): void {
    if (this.#full) return;
    this.#full = true;
    const text = `${MOST_OPEN} spans are open: the start of more is not noted`;
    this.#options.warn(text, 'End every span; one that is never ended is also never exported.');
  }
}

function doubles(numbers: readonly number[]): Uint8Array {
  const bytes = Buffer.alloc(8 * numbers.length);
  for (const [index, number] of numbers.entries()) bytes.writeDoubleLE(number, 8 * index);
  return bytes;
}
