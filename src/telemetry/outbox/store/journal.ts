import { appendRecord } from '../format/append.js';
import { sizeOf } from '../format/merge.js';
import { type Encoding, HEADER_BYTES, type Signal } from '../format/record.js';
import type { SpoolPorts, Warn } from '../outbox-ports.js';
import { createSegmentDirectory, hex } from './create-segment-directory.js';
import { type DiskTrouble, describeTrouble } from './disk-trouble.js';
import { usage } from './disk-usage.js';
import { startHeartbeat } from './heartbeat.js';
import { Quarantine } from './quarantine.js';
import { DIRECTORY_PREFIX, type Segment, type SegmentDirectory, type Stored } from './segment-directory.js';
import { expectOwn } from './spool-root.js';

interface JournalOptions {
  /** The spool directory, shared by all workers of one supervisor. Created 0700 when first needed. */
  readonly root: string;
  /** Bytes all files below `root` may take; the oldest segment goes first. */
  readonly maxBytes: number;
  readonly ports: SpoolPorts;
  readonly warn: Warn;
  /** The segment is about to be deleted to make room. */
  readonly onEvict: (segment: Segment) => void;
  /** The files were deleted by somebody else; their descriptors can still be read until this returns. */
  readonly onLost: (segments: ReadonlySet<Segment>) => void;
}

/** What is appended; sequence and time are given by the journal. */
interface NewRecord {
  readonly kind: Signal;
  readonly encoding: Encoding;
  readonly items: number;
  /** One whole export request, in pieces. */
  readonly request: readonly Uint8Array[];
}

/** After a failure the disk is left alone for this long. */
const RETRY_DISK_MS = 30_000;
/** How often it is checked that the files still have a name. */
const VERIFY_MS = 1_000;

/** This worker's own files. No call throws: a disk that fails is reported once and tried again later. */
export class Journal {
  readonly quarantine: Quarantine;
  readonly #options: JournalOptions;
  readonly #segmentBytes: number;
  /** Directories taken over from dead workers; their segments are the oldest. */
  readonly recovering = new Set<SegmentDirectory>();
  #directory: SegmentDirectory | undefined;
  #sequence = 0;
  #segmentNumber = 0;
  #brokenUntil = Number.NEGATIVE_INFINITY;
  #trouble: DiskTrouble | undefined;
  #verifiedAt = Number.NEGATIVE_INFINITY;
  #stopHeartbeat: (() => void) | undefined;

  constructor(options: JournalOptions) {
    this.#options = options;
    this.quarantine = new Quarantine(options.root, options.ports);
    this.#segmentBytes = Math.min(4 << 20, Math.max(64 << 10, Math.floor(options.maxBytes / 32)));
  }

  /** What the disk said last; undefined when it takes what it is given. */
  get trouble(): DiskTrouble | undefined {
    return this.#trouble;
  }

  /** Writes one record now; undefined if the disk cannot take it. `now` is the monotonic clock's. */
  append(record: NewRecord, now: number): Stored | undefined {
    return this.attempt(() => this.#write(record), now);
  }

  /** Writes into the own directory; undefined if the disk cannot take it, which is reported once. */
  attempt<T>(write: (directory: SegmentDirectory) => T, now = this.#options.ports.now()): T | undefined {
    if (now < this.#brokenUntil) return undefined;
    try {
      this.#verify(now);
      const written = write(this.ownDirectory());
      this.#trouble = undefined;
      return written;
    } catch (error) {
      this.#fail(error);
      return undefined;
    }
  }

  acknowledge(stored: Stored): void {
    const { directory } = stored.segment;
    if (!directory.segments.has(stored.segment)) return;
    try {
      directory.acknowledge(stored);
      if (this.recovering.has(directory) && directory.segments.size === 0) this.finishRecovery(directory);
    } catch (error) {
      this.#fail(error);
    }
  }

  /** Deletes what is left of a directory whose records are all acknowledged. What cannot be deleted is set aside. */
  finishRecovery(directory: SegmentDirectory): void {
    this.recovering.delete(directory);
    try {
      directory.delete();
    } catch (error) {
      this.quarantine.put(directory.dir, error instanceof Error ? error.message : String(error));
    }
  }

  /** Whether nobody else can write the spool directory. If somebody can, that is reported, and nothing in it is trusted. */
  isUsable(): boolean {
    try {
      expectOwn(this.#options.root);
      return true;
    } catch (error) {
      this.#fail(error);
      return false;
    }
  }

  /** Checks now whether the files still have a name; for the way out. */
  verify(): void {
    this.#verifiedAt = Number.NEGATIVE_INFINITY;
    try {
      this.#verify(this.#options.ports.now());
    } catch (error) {
      this.#fail(error);
    }
  }

  /** The own directory, made if there is none. Throws what the disk throws. */
  ownDirectory(): SegmentDirectory {
    if (!this.#directory) {
      this.#directory = createSegmentDirectory(this.#options.root, this.quarantine, this.#options.ports);
      this.#stopHeartbeat?.();
      this.#stopHeartbeat = startHeartbeat(this.#directory.dir, this.#options.ports, (error) => this.#fail(error));
    }
    return this.#directory;
  }

  /** Closes all files. What is not acknowledged stays, without an owner, for the next who recovers. */
  close(): void {
    this.#stopHeartbeat?.();
    const directory = this.#directory;
    this.#directory = undefined;
    try {
      const kept = [...this.recovering].filter((one) => !one.settled);
      for (const one of this.recovering) if (one.settled) this.finishRecovery(one);
      for (const one of kept) one.close();
      if (!directory) return;
      // A recovery that was cut short has directories in here that are not known as claims yet.
      const inside = this.#options.ports.fs
        .readdirSync(directory.dir)
        .some((name) => name.startsWith(DIRECTORY_PREFIX));
      if (directory.settled && !inside) directory.delete();
      else directory.abandon();
    } catch (error) {
      this.#fail(error);
    }
  }

  #write({ kind, encoding, items, request }: NewRecord): Stored {
    const { fs, wallClock } = this.#options.ports;
    const length = HEADER_BYTES + sizeOf(request);
    const segment = this.#room(length);
    const sequence = ++this.#sequence;
    const offset = segment.size;
    const fields = { kind, encoding, items, sequence, time: wallClock() };
    try {
      appendRecord(fs, segment.fd, segment.seed, fields, request);
    } catch (error) {
      // A torn record in the middle would be counted as damage later.
      fs.ftruncateSync(segment.fd, offset);
      throw error;
    }
    segment.live++;
    segment.size += length;
    return { segment, offset, length, first: sequence, last: sequence, records: 1 };
  }

  /** The segment to append to, a new one if the record does not fit. */
  #room(size: number): Segment {
    const directory = this.ownDirectory();
    const { active } = directory;
    if (active && (active.size === 0 || active.size + size <= this.#segmentBytes)) return active;
    this.#makeSpace(directory, Math.max(size, this.#segmentBytes));
    directory.active = undefined;
    if (active && active.live === 0) directory.remove(active);
    directory.active = directory.create(
      `${String(++this.#segmentNumber).padStart(6, '0')}-${hex(this.#options.ports)}.seg`,
    );
    return directory.active;
  }

  #makeSpace(directory: SegmentDirectory, wanted: number): void {
    const { root, ports, maxBytes } = this.#options;
    let used = usage(root, ports);
    // What nobody can read takes no room from what somebody can.
    if (used + wanted > maxBytes) used -= this.quarantine.trim(used + wanted - maxBytes);
    const oldest = [...[...this.recovering].flatMap((one) => [...one.segments]), ...directory.segments];
    for (const segment of oldest) {
      if (used + wanted <= maxBytes) return;
      used -= segment.size;
      this.#options.onEvict(segment);
      segment.directory.remove(segment);
      if (segment.directory !== directory && segment.directory.segments.size === 0)
        this.finishRecovery(segment.directory);
    }
    // Other workers' files cannot be deleted from here; two segments of its own are every worker's right.
  }

  /** A file that was deleted under us takes every write without an error. */
  #verify(now: number): void {
    const { ports, onLost } = this.#options;
    const directory = this.#directory;
    if (!directory || now - this.#verifiedAt < VERIFY_MS) return;
    this.#verifiedAt = now;
    const named = [...directory.segments].every((segment) => ports.fs.fstatSync(segment.fd).nlink > 0);
    if (named && ports.fs.existsSync(directory.dir)) return;
    // Recovered directories lie inside the own one.
    const lost = [directory, ...this.recovering];
    this.#directory = undefined;
    this.recovering.clear();
    onLost(new Set(lost.flatMap((each) => [...each.segments])));
    for (const each of lost.reverse()) {
      for (const segment of each.segments) segment.damaged = false;
      each.delete();
    }
  }

  #fail(error: unknown): void {
    const { ports, warn, root } = this.#options;
    this.#brokenUntil = ports.now() + RETRY_DISK_MS;
    if (this.#directory) this.#directory.active = undefined;
    const known = this.#trouble !== undefined;
    this.#trouble = describeTrouble(error, root);
    const { text, fix } = this.#trouble;
    if (!known) warn(`the spool directory cannot be used, spans wait in memory: ${text}`, fix, 'spool-unusable');
  }
}
