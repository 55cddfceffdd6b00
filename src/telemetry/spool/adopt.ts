import { basename, join } from 'node:path';
import type { KnownWorkers } from '../../../hooks/types.js';
import type { Account } from './account.js';
import { acksSeed, DEN_PREFIX, Den, denFiles, type Segment, type Stored } from './den.js';
import type { Entry } from './entry.js';
import { endInterrupted } from './interrupted.js';
import type { Journal } from './journal.js';
import { isAlive, isGone, type Owner, thisProcess } from './owner.js';
import type { SpoolPorts } from './ports.js';
import { type FoundRecord, readRecords } from './reader.js';
import { HEADER_BYTES, type Signal } from './record.js';
import type { Store } from './store.js';

/** What one round of adoption took over. */
export interface Adoption {
  readonly dens: number;
  /** Spans, log records and metrics. */
  readonly items: number;
  /** Bytes that are no record; their files are kept in `corrupt/`. */
  readonly corruptBytes: number;
}

export interface AdoptOptions {
  readonly root: string;
  readonly journal: Journal;
  readonly stores: Readonly<Record<Signal, Store>>;
  readonly ports: SpoolPorts;
  readonly workers: KnownWorkers;
  /** Of the spans that are ended here. */
  readonly account: Account;
}

/**
 * Takes over every den whose owner is gone and queues what is not acknowledged in it. Ownership passes by renaming the
 * den into the own one: of two adopters one succeeds, and if this process dies too, the next finds it inside.
 * Resolves when all is queued, not when it is sent. Rejects if the disk does not let it take over.
 */
export async function adopt(options: AdoptOptions): Promise<Adoption> {
  const sum = { dens: 0, items: 0, corruptBytes: 0 };
  for (const name of abandonedDens(options)) {
    const dir = claim(name, options);
    if (!dir) continue;
    for (const den of [dir, ...nested(dir, options)]) {
      const taken = await load(den, options);
      sum.dens++;
      sum.items += taken.items;
      sum.corruptBytes += taken.corruptBytes;
    }
  }
  return sum;
}

function abandonedDens({ root, ports, workers }: AdoptOptions): string[] {
  if (!ports.fs.existsSync(root)) return [];
  const self = thisProcess(ports.fs);
  return densIn(root, ports).filter((name) => {
    const owner = readOwner(join(root, name), ports);
    if (owner === 'none') return true;
    const stat = ports.fs.statSync(join(root, name), { throwIfNoEntry: false });
    if (stat === undefined || isAlive(owner, self, ports.wallClock() - stat.mtimeMs, ports.fs)) return false;
    // Its primary has not reaped it: how it ended is told with the next order to adopt.
    return !(owner.host === self.host && workers.running.includes(owner.pid) && isGone(owner.pid, ports.fs));
  });
}

/** 'none': the owner gave it up, or was stopped while it cleaned up. */
function readOwner(dir: string, ports: SpoolPorts): Owner | 'none' {
  try {
    return JSON.parse(ports.fs.readFileSync(join(dir, denFiles.owner), 'utf8')) as Owner;
  } catch {
    return 'none';
  }
}

/** The den's new path, or undefined if somebody else was faster. */
function claim(name: string, { root, journal, ports }: AdoptOptions): string | undefined {
  const to = join(journal.ownDen().dir, name);
  try {
    ports.fs.renameSync(join(root, name), to);
    return to;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

/** Dens that a dead adopter had claimed become direct ones, so that paths do not grow with each death. */
function nested(dir: string, options: AdoptOptions): string[] {
  const { fs } = options.ports;
  return densIn(dir, options.ports).flatMap((name) => {
    const to = join(options.journal.ownDen().dir, name);
    fs.renameSync(join(dir, name), to);
    return [to, ...nested(to, options)];
  });
}

function densIn(dir: string, ports: SpoolPorts): string[] {
  return ports.fs.readdirSync(dir).filter((name) => name.startsWith(DEN_PREFIX));
}

async function load(dir: string, options: AdoptOptions): Promise<{ items: number; corruptBytes: number }> {
  const { root, journal, stores, ports } = options;
  if (ports.fs.existsSync(join(dir, denFiles.starts))) endOpenSpans(dir, options);
  const den = new Den(dir, join(root, 'corrupt'), ports.fs, ports.wallClock);
  journal.claims.add(den);
  const sent = acknowledged(den, ports);
  const sum = { items: 0, corruptBytes: 0 };
  const seen = new Set<number>();
  for (const name of ports.fs
    .readdirSync(dir)
    .filter((each) => each.endsWith('.seg'))
    .sort()) {
    const segment = den.open(name, 'r');
    const { found, corruptBytes } = readRecords(ports.fs.readFileSync(segment.path), segment.seed);
    const fresh = found.filter(({ record }) => !sent(record.sequence) && !seen.has(record.sequence));
    for (const { record } of fresh) seen.add(record.sequence);
    segment.live = fresh.length;
    segment.damaged = corruptBytes > 0;
    sum.corruptBytes += corruptBytes;
    const entries = fresh.map((each) => adoptedEntry(each, segment, ports.wallClock()));
    for (const entry of entries) sum.items += entry.items;
    if (segment.live === 0) den.remove(segment);
    else for (const entry of entries) stores[entry.signal].adopt([entry]);
    // A segment takes milliseconds to read and check: the app's requests come in between.
    await new Promise<void>((resolve) => ports.defer(resolve));
  }
  if (den.segments.size === 0) journal.finishClaim(den);
  return sum;
}

/** What had not ended with the worker ends here. Where the disk is full, the whole den waits for the next adopter. */
function endOpenSpans(dir: string, { ports, workers, account }: AdoptOptions): void {
  const pid = Number(basename(dir).split('-')[1]);
  const end = workers.ends.findLast((one) => one.pid === pid);
  account.interrupted += endInterrupted(dir, basename(dir), end, ports);
}

/** Which sequences need not be sent again. */
function acknowledged(den: Den, ports: SpoolPorts): (sequence: number) => boolean {
  const path = join(den.dir, denFiles.acks);
  const file = ports.fs.existsSync(path) ? ports.fs.readFileSync(path) : Buffer.alloc(0);
  const ranges = readRecords(file, acksSeed(den.name)).found.map(({ record }) => {
    const bytes = Buffer.from(record.bytes);
    return [bytes.readDoubleLE(0), bytes.readDoubleLE(8)] as const;
  });
  ranges.sort((a, b) => a[0] - b[0]);
  return (sequence) => {
    // The last range that begins at or before it; ranges of one den never overlap.
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

type Adopted = Pick<Entry, 'signal' | 'encoding' | 'items' | 'bytes'> & { stored: Stored; age: number };

function adoptedEntry({ record, offset }: FoundRecord, segment: Segment, wallClock: number): Adopted {
  const { kind, encoding, items, sequence, bytes, time } = record;
  if (kind === 'acks' || kind === 'starts' || kind === 'ends') throw new TypeError(`${kind} in a segment`);
  const length = HEADER_BYTES + bytes.length;
  const stored = { segment, offset, length, first: sequence, last: sequence, records: 1 };
  return { signal: kind, encoding, items, bytes: bytes.length, stored, age: wallClock - time };
}
