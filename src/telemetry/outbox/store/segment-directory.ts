import { basename, join } from 'node:path';
import { appendRecord } from '../format/append.js';
import type { SpoolFs } from '../outbox-ports.js';
import type { Quarantine } from './quarantine.js';
import { openRegular } from './regular-file.js';

/** One append-only file of records. */
export interface Segment {
  readonly directory: SegmentDirectory;
  readonly path: string;
  readonly fd: number;
  readonly seed: number;
  size: number;
  /** Records not acknowledged yet. */
  live: number;
  /** Holds bytes that are no record: kept aside when the rest is acknowledged. */
  damaged: boolean;
}

/** A run of records, one after the other in one segment. */
export interface Stored {
  readonly segment: Segment;
  readonly offset: number;
  length: number;
  /** First and last sequence. */
  readonly first: number;
  last: number;
  records: number;
}

export const DIRECTORY_PREFIX = 'den-';
export const DIRECTORY_NAME = /^den-\d+-[0-9a-f]{8}$/;
export const SEGMENT_NAME = /^\d{6,}-[0-9a-f]{8}\.seg$/;
const ACKS = 'acks';
const OWNER = 'owner.json';
/** An idle segment smaller than this is not worth a truncation. */
const TRUNCATE_BYTES = 256 * 1024;

/** The directory of one worker: who owns it, its segments, and which records in them are acknowledged. */
export class SegmentDirectory {
  readonly dir: string;
  readonly name: string;
  readonly segments = new Set<Segment>();
  /** The segment that is being appended to; it is emptied, not deleted. */
  active: Segment | undefined;
  /** Spans whose start is noted in it and that have not ended. */
  openStarts = 0;
  readonly #fs: SpoolFs;
  readonly #wall: () => number;
  readonly #quarantine: Quarantine;
  #acksFd: number | undefined;
  #acks = 0;

  constructor(dir: string, quarantine: Quarantine, fs: SpoolFs, wallClock: () => number) {
    this.dir = dir;
    this.name = basename(dir);
    this.#quarantine = quarantine;
    this.#fs = fs;
    this.#wall = wallClock;
  }

  /** A new segment, to append to. Throws what the disk throws. */
  create(name: string): Segment {
    return this.#opened(name, this.#fs.openSync(join(this.dir, name), 'ax+', 0o600));
  }

  /** A segment of a dead worker, to read. Throws NotOurs for what is no plain file, and what the disk throws. */
  open(name: string): Segment {
    return this.#opened(name, openRegular(join(this.dir, name), this.#fs));
  }

  /** Notes on disk that these records need not be sent again. Throws what the disk throws. */
  acknowledge(stored: Stored): void {
    const { segment } = stored;
    segment.live -= stored.records;
    if (segment.live > 0 || segment === this.active) this.#note(stored);
    if (segment.live > 0) return;
    if (segment !== this.active) this.remove(segment);
    else if (segment.size >= TRUNCATE_BYTES) this.#empty(segment);
  }

  /** Forgets a segment and its records; a damaged file is moved aside instead of deleted. */
  remove(segment: Segment): void {
    if (!this.segments.delete(segment)) return;
    if (this.active === segment) this.active = undefined;
    this.#fs.closeSync(segment.fd);
    const aside = `${this.name}-${basename(segment.path)}.corrupt`;
    if (segment.damaged) this.#quarantine.put(segment.path, 'it holds bytes that are no record', aside);
    else this.#fs.rmSync(segment.path, { force: true });
  }

  /** Closes the files without touching what they hold. */
  close(): void {
    for (const segment of this.segments) this.#fs.closeSync(segment.fd);
    this.segments.clear();
    this.active = undefined;
    if (this.#acksFd !== undefined) this.#fs.closeSync(this.#acksFd);
    this.#acksFd = undefined;
  }

  /**
   * Closes it and takes the owner's name off: whoever comes next may recover it. With open spans in it the name stays
   * until the process is gone, for only then it is known how it ended.
   */
  abandon(): void {
    this.close();
    if (this.openStarts > 0) return;
    this.#fs.rmSync(join(this.dir, OWNER), { force: true });
  }

  /** Whether no record in it waits for an acknowledgement, and no span for its end. */
  get settled(): boolean {
    if (this.openStarts > 0) return false;
    for (const segment of this.segments) if (segment.live > 0) return false;
    return true;
  }

  /** Closes and deletes it all. */
  delete(): void {
    for (const segment of [...this.segments]) this.remove(segment);
    this.close();
    this.#fs.rmSync(this.dir, { recursive: true, force: true });
  }

  writeOwner(owner: object): void {
    this.#fs.writeFileSync(join(this.dir, OWNER), JSON.stringify(owner), { mode: 0o600 });
  }

  #opened(name: string, fd: number): Segment {
    const size = this.#fs.fstatSync(fd).size;
    const segment = {
      directory: this,
      path: join(this.dir, name),
      fd,
      seed: seedOf(name),
      size,
      live: 0,
      damaged: false,
    };
    this.segments.add(segment);
    return segment;
  }

  #note(stored: Stored): void {
    this.#acksFd ??= this.#fs.openSync(join(this.dir, ACKS), 'a', 0o600);
    const bytes = Buffer.alloc(16);
    bytes.writeDoubleLE(stored.first, 0);
    bytes.writeDoubleLE(stored.last, 8);
    const sequence = ++this.#acks;
    const fields = { kind: 'acks', encoding: 'protobuf', items: 0, sequence, time: this.#wall() } as const;
    appendRecord(this.#fs, this.#acksFd, acksSeed(this.name), fields, [bytes]);
  }

  /** All of it is acknowledged: first the records go, then their acknowledgements, so that no cut in between revives one. */
  #empty(segment: Segment): void {
    this.#fs.ftruncateSync(segment.fd, 0);
    segment.size = 0;
    if (this.segments.size > 1 || this.#acksFd === undefined) return;
    this.#fs.ftruncateSync(this.#acksFd, 0);
  }
}

/** The random part of a segment's name starts its checksums; see record.ts. */
export function seedOf(name: string): number {
  return Number.parseInt(/-([0-9a-f]{8})\.seg$/.exec(name)?.[1] ?? '0', 16);
}

export function acksSeed(segmentDirectoryName: string): number {
  return Number.parseInt(/-([0-9a-f]{8})$/.exec(segmentDirectoryName)?.[1] ?? '0', 16);
}

export const segmentFiles = { acks: ACKS, owner: OWNER, starts: 'starts' } as const;
