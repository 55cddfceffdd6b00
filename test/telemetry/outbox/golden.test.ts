import { readFileSync } from 'node:fs';
import { crc32 } from 'node:zlib';
import test from 'ava';
import { readRecords } from '../../../src/telemetry/outbox/format/read-records.js';
import { HEADER_BYTES, type SpoolRecord, writeHeader } from '../../../src/telemetry/outbox/format/record.js';
import { root } from '../../helpers/run-node.js';

/** As the first release wrote it. It is not to be written anew: what lies in the spools of users is in this form. */
const GOLDEN = `${root}test/telemetry/outbox/golden.bin`;
const SEED = 0x1234abcd;

const record = (kind: SpoolRecord['kind'], encoding: SpoolRecord['encoding'], sequence: number): SpoolRecord => ({
  ...{ kind, encoding, sequence, items: sequence + 10, time: 1_764_000_000_000 + sequence },
  bytes: Buffer.from(`${kind} in ${encoding}`),
});

const RECORDS = (['traces', 'logs', 'metrics', 'acks', 'starts', 'ends'] as const).flatMap((kind, i) => [
  record(kind, 'protobuf', 2 * i),
  record(kind, 'json', 2 * i + 1),
]);

function segment(): Buffer {
  return Buffer.concat(
    RECORDS.flatMap((one) => {
      const header = Buffer.alloc(HEADER_BYTES);
      writeHeader(header, one, one.bytes, SEED);
      return [header, one.bytes];
    }),
  );
}

test('a spool of the first release is read, and written in the same form to the byte', (t) => {
  const golden = readFileSync(GOLDEN);
  const { found, corruptBytes } = readRecords(golden, SEED);
  const read = found.map(({ record: { bytes, ...fields } }) => ({ ...fields, text: Buffer.from(bytes).toString() }));
  const written = RECORDS.map(({ bytes, ...fields }) => ({ ...fields, text: Buffer.from(bytes).toString() }));
  t.deepEqual(read, written);
  t.is(corruptBytes, 0);
  t.deepEqual(segment(), golden);
});

test('a record of a form that is not known is not taken for one of ours', (t) => {
  const [first] = RECORDS;
  const header = Buffer.alloc(HEADER_BYTES);
  writeHeader(header, first!, first!.bytes, SEED);
  header.writeUInt16LE(1, 38);
  header.writeUInt32LE(crc32(header.subarray(8), SEED), 4);
  const { found, corruptBytes } = readRecords(Buffer.concat([header, first!.bytes]), SEED);
  t.deepEqual(found, []);
  t.is(corruptBytes, HEADER_BYTES + first!.bytes.length);
});
