import { join } from 'node:path';
import { appendRecord } from '../format/append.js';
import { readRecords } from '../format/read-records.js';
import type { SpoolRecord } from '../format/record.js';
import type { SpoolPorts } from '../outbox-ports.js';
import { readRegular } from '../store/regular-file.js';
import { acksSeed, SEGMENT_NAME, seedOf, segmentFiles } from '../store/segment-directory.js';
import { endAsError, type SpanEnd, spanIdOf, spansWith } from './end-span.js';
import { isFaultOfMachine } from './machine-fault.js';

/** How a worker ended, as its primary knows it. */
export interface KnownEnd {
  readonly pid: number;
  readonly reason: string;
  readonly code: number | null;
  readonly signal: string | null;
  /** Milliseconds since 1970. */
  readonly at: number;
}

/** Far above any number a worker gives: what is added to its directory collides with nothing. */
const FIRST_SEQUENCE = 2 ** 50;

/**
 * Ends the spans that were open when the directory's worker died, as errors: they go into a segment of the directory itself, so
 * that a recovering process that dies on the way loses none and doubles none. Returns how many. Throws what the disk throws.
 */
export function endInterrupted(dir: string, name: string, end: KnownEnd | undefined, ports: SpoolPorts): number {
  const path = join(dir, segmentFiles.starts);
  const open = openStarts(readRegular(path, ports.fs) ?? Buffer.alloc(0), acksSeed(name));
  const missing = open.length === 0 ? [] : withoutStored(open, dir, ports);
  const at = end?.at ?? ports.fs.statSync(path).mtimeMs;
  const ended = missing.length === 0 ? 0 : writeSegment(dir, missing, { at, ...(end && { exit: end }) }, ports);
  ports.fs.rmSync(path);
  return ended;
}

function openStarts(file: Buffer, seed: number): SpoolRecord[] {
  const open = new Map<number, SpoolRecord>();
  for (const { record } of readRecords(file, seed).found) {
    if (record.kind === 'starts') open.set(record.sequence, record);
    if (record.kind !== 'ends') continue;
    const ended = Buffer.from(record.bytes);
    for (let at = 0; at + 8 <= ended.length; at += 8) open.delete(ended.readDoubleLE(at));
  }
  return [...open.values()];
}

/** Those whose span is not stored: a worker can die between the record of a span and the end of its start. */
function withoutStored(open: readonly SpoolRecord[], dir: string, ports: SpoolPorts): SpoolRecord[] {
  const idOf = (one: SpoolRecord) => orUndefined(() => spanIdOf(one.bytes, one.encoding)) ?? '';
  const left = new Map(open.map((one) => [idOf(one), one] as const));
  left.delete('');
  // That happens within one turn of the event loop, so its record is among the last.
  for (const name of segmentsIn(dir, ports).slice(-2)) {
    const { found } = readRecords(segmentOf(join(dir, name), ports), seedOf(name));
    for (const { record } of found) {
      const ids = orUndefined(() => spansWith([...left.keys()], record.bytes, record.encoding)) ?? [];
      for (const id of ids) left.delete(id);
    }
  }
  return [...left.values()];
}

/** A segment that cannot be read is judged by who reads it for its records; here it holds none. */
function segmentOf(path: string, { fs }: SpoolPorts): Buffer {
  try {
    return readRegular(path, fs) ?? Buffer.alloc(0);
  } catch (error) {
    if (isFaultOfMachine(error)) throw error;
    return Buffer.alloc(0);
  }
}

/** A record can be whole and hold no request all the same: then it is no span, and hinders none of the others. */
function orUndefined<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch (error) {
    if (error instanceof SyntaxError || error instanceof TypeError || error instanceof RangeError) return undefined;
    throw error;
  }
}

/** Returns how many spans are in it. */
function writeSegment(dir: string, records: readonly SpoolRecord[], end: SpanEnd, ports: SpoolPorts): number {
  const ended = records.flatMap((record) => {
    const bytes = orUndefined(() => endAsError(record.bytes, record.encoding, end));
    return bytes === undefined || bytes.length === 0 ? [] : [{ bytes, encoding: record.encoding }];
  });
  if (ended.length === 0) return 0;
  const last = Number.parseInt(segmentsIn(dir, ports).at(-1) ?? '0', 10);
  const random = Math.floor(ports.random() * 2 ** 32);
  const name = `${String(last + 1).padStart(6, '0')}-${random.toString(16).padStart(8, '0')}.seg`;
  const fd = ports.fs.openSync(join(dir, name), 'ax', 0o600);
  try {
    for (const [index, { bytes, encoding }] of ended.entries()) {
      const sequence = FIRST_SEQUENCE + index;
      const fields = { kind: 'traces', encoding, items: 1, sequence, time: ports.wallClock() } as const;
      appendRecord(ports.fs, fd, seedOf(name), fields, [bytes]);
    }
  } finally {
    ports.fs.closeSync(fd);
  }
  return ended.length;
}

function segmentsIn(dir: string, ports: SpoolPorts): string[] {
  return ports.fs
    .readdirSync(dir)
    .filter((name) => SEGMENT_NAME.test(name))
    .sort();
}
