import { closeSync, openSync } from 'node:fs';
import { join } from 'node:path';
import { appendRecord } from './append.js';
import { acksSeed, denFiles, seedOf } from './den.js';
import { endAsError, type SpanEnd, spanIdOf, spansWith } from './end-span.js';
import type { SpoolPorts } from './ports.js';
import { readRecords } from './reader.js';
import type { SpoolRecord } from './record.js';

/** How a worker ended, as its primary knows it. */
export interface KnownEnd {
  readonly pid: number;
  readonly reason: string;
  readonly code: number | null;
  readonly signal: string | null;
  /** Milliseconds since 1970. */
  readonly at: number;
}

/** Far above any number a worker gives: what is added to its den collides with nothing. */
const FIRST_SEQUENCE = 2 ** 50;

/**
 * Ends the spans that were open when the den's worker died, as errors: they go into a segment of the den itself, so
 * that an adopter that dies on the way loses none and doubles none. Returns how many. Throws what the disk throws.
 */
export function endInterrupted(dir: string, name: string, end: KnownEnd | undefined, ports: SpoolPorts): number {
  const path = join(dir, denFiles.starts);
  const open = openStarts(ports.fs.readFileSync(path), acksSeed(name));
  const missing = open.length === 0 ? [] : withoutStored(open, dir, ports);
  if (missing.length > 0) {
    const at = end?.at ?? ports.fs.statSync(path).mtimeMs;
    writeSegment(dir, missing, { at, ...(end && { exit: end }) }, ports);
  }
  ports.fs.rmSync(path);
  return missing.length;
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
  const left = new Map(open.flatMap((one) => [[spanIdOf(one.bytes, one.encoding) ?? '', one] as const]));
  left.delete('');
  // That happens within one turn of the event loop, so its record is among the last.
  for (const name of segmentsIn(dir, ports).slice(-2)) {
    const { found } = readRecords(ports.fs.readFileSync(join(dir, name)), seedOf(name));
    for (const { record } of found)
      for (const id of spansWith([...left.keys()], record.bytes, record.encoding)) left.delete(id);
  }
  return [...left.values()];
}

function writeSegment(dir: string, records: readonly SpoolRecord[], end: SpanEnd, ports: SpoolPorts): void {
  const last = Number.parseInt(segmentsIn(dir, ports).at(-1) ?? '0', 10);
  const random = Math.floor(ports.random() * 2 ** 32);
  const name = `${String(last + 1).padStart(6, '0')}-${random.toString(16).padStart(8, '0')}.seg`;
  const fd = openSync(join(dir, name), 'ax', 0o600);
  try {
    for (const [index, { bytes, encoding }] of records.entries()) {
      const sequence = FIRST_SEQUENCE + index;
      const fields = { kind: 'traces', encoding, items: 1, sequence, time: ports.wallClock() } as const;
      appendRecord(ports.fs, fd, seedOf(name), fields, [endAsError(bytes, encoding, end)]);
    }
  } finally {
    closeSync(fd);
  }
}

function segmentsIn(dir: string, ports: SpoolPorts): string[] {
  return ports.fs
    .readdirSync(dir)
    .filter((name) => name.endsWith('.seg'))
    .sort();
}
