import { HEADER_BYTES, MAGIC, recordAt, type SpoolRecord } from './record.js';

export interface FoundRecord {
  readonly record: SpoolRecord;
  /** Where its header begins. */
  readonly offset: number;
}

interface Reading {
  readonly found: readonly FoundRecord[];
  /** Bytes that belong to no whole record: a torn tail, flipped bits, foreign bytes. */
  readonly corruptBytes: number;
}

/** Every whole record of a segment file, whatever else is in it. Never throws; what it returns passed both checksums. */
export function readRecords(file: Buffer, seed: number): Reading {
  const found: FoundRecord[] = [];
  let corruptBytes = 0;
  let offset = 0;
  while (offset < file.length) {
    const record = recordAt(file, offset, seed);
    if (record) {
      found.push({ record, offset });
      offset += HEADER_BYTES + record.bytes.length;
      continue;
    }
    const next = file.indexOf(MAGIC, offset + 1);
    const resume = next < 0 ? file.length : next;
    corruptBytes += resume - offset;
    offset = resume;
  }
  return { found, corruptBytes };
}
