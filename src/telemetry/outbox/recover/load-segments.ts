import { basename, join } from 'node:path';
import type { Account } from '../account.js';
import { type FoundRecord, readRecords } from '../format/read-records.js';
import { HEADER_BYTES, type Signal } from '../format/record.js';
import type { SpoolPorts } from '../outbox-ports.js';
import type { Entry } from '../store/entry.js';
import type { Quarantine } from '../store/quarantine.js';
import { readRegular } from '../store/regular-file.js';
import {
  acksSeed,
  SEGMENT_NAME,
  type Segment,
  SegmentDirectory,
  type Stored,
  segmentFiles,
} from '../store/segment-directory.js';
import { endInterrupted, type KnownEnd } from './interrupted.js';
import { isFaultOfMachine } from './machine-fault.js';

type Recovered = Pick<Entry, 'signal' | 'encoding' | 'items' | 'bytes'> & { stored: Stored; age: number };

/** A segment directory with what has to be sent of it. */
interface LoadedDirectory {
  readonly directory: SegmentDirectory;
  readonly entries: readonly Recovered[];
  readonly corruptBytes: number;
}

interface LoadOptions {
  readonly ports: SpoolPorts;
  readonly quarantine: Quarantine;
  readonly ends: readonly KnownEnd[];
  readonly account: Account;
}

/**
 * Reads a directory that is ours by now. A file in it that is not what its name says is set aside, and the others are read.
 * Throws what the disk throws; no file is open then.
 */
export async function loadSegmentDirectory(dir: string, options: LoadOptions): Promise<LoadedDirectory> {
  const { ports, quarantine } = options;
  endOpenSpans(dir, options);
  const directory = new SegmentDirectory(dir, quarantine, ports.fs, ports.wallClock);
  try {
    const isSent = acknowledged(directory, options);
    const entries: Recovered[] = [];
    const seen = new Set<number>();
    let corruptBytes = 0;
    for (const name of segmentsIn(dir, ports)) {
      const read = fileOf(join(dir, name), options, () => readSegment(directory, name, ports));
      if (read) {
        const fresh = read.entries.filter(({ stored: { first } }) => !isSent(first) && !seen.has(first));
        for (const { stored } of fresh) seen.add(stored.first);
        read.segment.live = fresh.length;
        corruptBytes += read.corruptBytes;
        entries.push(...fresh);
        if (fresh.length === 0) directory.remove(read.segment);
      }
      // A segment takes milliseconds to read and check: the app's requests come in between.
      await new Promise<void>((resolve) => ports.defer(resolve));
    }
    return { directory, entries, corruptBytes };
  } catch (error) {
    directory.close();
    throw error;
  }
}

/** What had not ended with the worker ends here. Where the disk is full, the whole directory waits for the next process that recovers. */
function endOpenSpans(dir: string, options: LoadOptions): void {
  const path = join(dir, segmentFiles.starts);
  if (!options.ports.fs.lstatSync(path, { throwIfNoEntry: false })) return;
  const pid = Number(basename(dir).split('-')[1]);
  const end = options.ends.findLast((one) => one.pid === pid);
  options.account.interrupted +=
    fileOf(path, options, () => endInterrupted(dir, basename(dir), end, options.ports)) ?? 0;
}

/** One file: undefined, and set aside, if it is not what its name says. A fault of the machine is thrown. */
function fileOf<T>(path: string, { quarantine }: LoadOptions, read: () => T): T | undefined {
  try {
    return read();
  } catch (error) {
    if (isFaultOfMachine(error)) throw error;
    quarantine.put(path, messageOf(error), `${basename(join(path, '..'))}-${basename(path)}`);
    return undefined;
  }
}

export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

function segmentsIn(dir: string, { fs }: SpoolPorts): string[] {
  return fs
    .readdirSync(dir)
    .filter((name) => name.endsWith('.seg'))
    .sort();
}

interface ReadSegment {
  readonly segment: Segment;
  readonly entries: readonly Recovered[];
  readonly corruptBytes: number;
}

function readSegment(directory: SegmentDirectory, name: string, ports: SpoolPorts): ReadSegment {
  if (!SEGMENT_NAME.test(name)) throw new Error('its name is not NUMBER-RANDOM.seg');
  const segment = directory.open(name);
  const { found, corruptBytes: torn } = readRecords(ports.fs.readFileSync(segment.fd), segment.seed);
  const entries = found.flatMap((each) => recoveredEntry(each, segment, ports.wallClock()) ?? []);
  const odd = torn + (found.length - entries.length) * HEADER_BYTES;
  segment.damaged = odd > 0;
  return { segment, entries, corruptBytes: odd };
}

/** Undefined for a record that is whole, and yet none that a worker of ours writes into a segment. */
function recoveredEntry({ record, offset }: FoundRecord, segment: Segment, wallClock: number): Recovered | undefined {
  const { kind, encoding, items, sequence, bytes, time } = record;
  if (kind === 'acks' || kind === 'starts' || kind === 'ends') return undefined;
  if (!isSequence(sequence) || !Number.isFinite(time)) return undefined;
  const length = HEADER_BYTES + bytes.length;
  const stored = { segment, offset, length, first: sequence, last: sequence, records: 1 };
  const signal: Signal = kind;
  return { signal, encoding, items, bytes: bytes.length, stored, age: wallClock - time };
}

/** Which sequences need not be sent again. Without a usable file of acknowledgements, none: twice is better than never. */
function acknowledged(directory: SegmentDirectory, options: LoadOptions): (sequence: number) => boolean {
  const path = join(directory.dir, segmentFiles.acks);
  const file = fileOf(path, options, () => readRegular(path, options.ports.fs)) ?? Buffer.alloc(0);
  const ranges = readRecords(file, acksSeed(directory.name)).found.flatMap(rangeOf);
  ranges.sort((a, b) => a[0] - b[0]);
  return (sequence) => {
    // The last range that begins at or before it; ranges of one directory never overlap.
    let low = 0;
    let high = ranges.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (ranges[middle]![0] <= sequence) low = middle + 1;
      else high = middle;
    }
    return low > 0 && sequence <= ranges[low - 1]![1];
  };
}

function rangeOf({ record }: FoundRecord): (readonly [first: number, last: number])[] {
  if (record.kind !== 'acks' || record.bytes.length !== 16) return [];
  const bytes = Buffer.from(record.bytes);
  const [first, last] = [bytes.readDoubleLE(0), bytes.readDoubleLE(8)];
  return isSequence(first) && isSequence(last) && first <= last ? [[first, last]] : [];
}

function isSequence(value: number): boolean {
  return Number.isSafeInteger(value) && value > 0;
}
