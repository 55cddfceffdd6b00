import test from 'ava';
import fc from 'fast-check';
import { readRecords } from '../../../src/telemetry/outbox/format/read-records.js';
import { HEADER_BYTES, MAGIC, type SpoolRecord, writeHeader } from '../../../src/telemetry/outbox/format/record.js';

const SEED = 0x1234abcd;

const records = fc.array(
  fc.record({
    kind: fc.constantFrom('traces' as const, 'logs' as const, 'metrics' as const),
    encoding: fc.constantFrom('protobuf' as const, 'json' as const),
    items: fc.nat(1000),
    sequence: fc.nat(2 ** 31),
    time: fc.nat(2 ** 31),
    bytes: fc.uint8Array({ minLength: 1, maxLength: 300 }),
  }),
  { minLength: 1, maxLength: 8 },
);

test('what was written is read', (t) => {
  fc.assert(
    fc.property(records, (written) => {
      const { found, corruptBytes } = readRecords(file(written), SEED);
      t.deepEqual(
        found.map(plain),
        written.map((record) => plain({ record })),
      );
      t.is(corruptBytes, 0);
    }),
  );
  t.pass();
});

test('cut anywhere: everything before the cut, and nothing else', (t) => {
  fc.assert(
    fc.property(records, fc.double({ min: 0, max: 1, noNaN: true }), (written, where) => {
      const whole = file(written);
      const cut = Math.floor(whole.length * where);
      const { found, corruptBytes } = readRecords(whole.subarray(0, cut), SEED);
      const ends = endsOf(written);
      const complete = ends.filter((end) => end <= cut).length;
      t.deepEqual(
        found.map(plain),
        written.slice(0, complete).map((record) => plain({ record })),
      );
      t.is(corruptBytes, cut - (ends[complete - 1] ?? 0));
    }),
  );
});

test('bits flipped, bytes overwritten, garbage inserted: never a wrong record, never a lost one that was not touched', (t) => {
  const damage = fc.record({
    where: fc.double({ min: 0, max: 1, noNaN: true, maxExcluded: true }),
    bytes: fc.uint8Array({ minLength: 1, maxLength: 60 }),
    insert: fc.boolean(),
  });
  fc.assert(
    fc.property(records, damage, (written, { where, bytes, insert }) => {
      const whole = file(written);
      const at = Math.floor(whole.length * where);
      const after = insert ? at : Math.min(whole.length, at + bytes.length);
      const damaged = Buffer.concat([
        whole.subarray(0, at),
        bytes.subarray(0, insert ? bytes.length : after - at),
        whole.subarray(after),
      ]);
      const { found } = readRecords(damaged, SEED);
      const ends = endsOf(written);
      // Touched: it overlaps what was overwritten, or something was inserted strictly inside it.
      const untouched = written.filter((_, index) => {
        const start = ends[index - 1] ?? 0;
        return ends[index]! <= at || start >= after;
      });
      const texts = found.map((each) => JSON.stringify(plain(each)));
      const all = new Set(written.map((record) => JSON.stringify(plain({ record }))));
      for (const text of texts) t.true(all.has(text));
      for (const record of untouched) t.true(texts.includes(JSON.stringify(plain({ record }))));
    }),
    { numRuns: 400 },
  );
});

test('a length of zero, a huge length and an unknown kind are damage, though their checksum is right', (t) => {
  const good = record({ sequence: 2 });
  for (const bad of [record({ bytes: new Uint8Array() }), record({ kind: 'other' as never })]) {
    const { found, corruptBytes } = readRecords(file([bad, good]), SEED);
    t.deepEqual(
      found.map((each) => each.record.sequence),
      [2],
    );
    t.true(corruptBytes >= HEADER_BYTES);
  }
  const huge = file([record({}), good]);
  huge.writeUInt32LE(0xffffffff, 8);
  t.deepEqual(
    readRecords(huge, SEED).found.map((each) => each.record.sequence),
    [2],
  );
});

test("a record inside an application's own bytes, or of another segment, is never taken for one of this", (t) => {
  const foreign = file([record({ sequence: 99 })], SEED + 1);
  const outer = file([record({ bytes: foreign, sequence: 1 })]);
  outer[HEADER_BYTES + 1]! ^= 1;
  t.deepEqual(readRecords(outer, SEED).found, []);
  t.is(readRecords(Buffer.concat([foreign, MAGIC, MAGIC]), SEED).corruptBytes, foreign.length + 8);
});

test('a header whose own checksum is right, and that claims more than there is, hides nothing behind it', (t) => {
  const claims = Buffer.alloc(HEADER_BYTES);
  const payload = Buffer.alloc(8 << 20);
  writeHeader(claims, record({ sequence: 7 }), payload, SEED);
  const good = record({ sequence: 2 });
  const { found, corruptBytes } = readRecords(Buffer.concat([file([record({})]), claims, file([good])]), SEED);
  t.deepEqual(
    found.map((each) => each.record.sequence),
    [1, 2],
  );
  t.is(corruptBytes, HEADER_BYTES);
});

test('no file, or one of anything at all, gives no record and no error', (t) => {
  t.deepEqual(readRecords(Buffer.alloc(0), SEED), { found: [], corruptBytes: 0 });
  const bytes = fc.array(fc.oneof(fc.uint8Array({ maxLength: 200 }), fc.constant(new Uint8Array(MAGIC))), {
    maxLength: 20,
  });
  fc.assert(
    fc.property(bytes, (pieces) => {
      const garbage = Buffer.concat(pieces);
      t.deepEqual(readRecords(garbage, SEED), { found: [], corruptBytes: garbage.length });
    }),
  );
});

/** One thing that may befall a file; each returns the first byte that is no longer as it was. */
type Blow = (bytes: Buffer) => { bytes: Buffer; from: number };

const where = fc.double({ min: 0, max: 1, noNaN: true, maxExcluded: true });
const blow: fc.Arbitrary<Blow> = fc.oneof(
  where.map(
    (at): Blow =>
      (bytes) => {
        const from = Math.floor(bytes.length * at);
        return { bytes: bytes.subarray(0, from), from };
      },
  ),
  fc.tuple(where, fc.nat(7)).map(
    ([at, bit]): Blow =>
      (bytes) => {
        const from = Math.floor(bytes.length * at);
        const flipped = Buffer.from(bytes);
        if (from < flipped.length) flipped[from]! ^= 1 << bit;
        return { bytes: flipped, from };
      },
  ),
  // What another process wrote into the middle, whole records of another segment among it.
  fc
    .tuple(
      where,
      fc.oneof(
        fc.uint8Array({ maxLength: 90 }),
        records.map((foreign) => file(foreign, SEED + 1)),
      ),
    )
    .map(
      ([at, foreign]): Blow =>
        (bytes) => {
          const from = Math.floor(bytes.length * at);
          return { bytes: Buffer.concat([bytes.subarray(0, from), foreign, bytes.subarray(from)]), from };
        },
    ),
  // A hole, as a file system leaves it after a crash.
  fc.tuple(where, fc.nat(500)).map(
    ([at, length]): Blow =>
      (bytes) => {
        const from = Math.floor(bytes.length * at);
        return { bytes: Buffer.from(bytes).fill(0, from, Math.min(bytes.length, from + length)), from };
      },
  ),
  // Two pieces change places, or one comes twice.
  fc.tuple(where, where, fc.boolean()).map(
    ([first, second, twice]): Blow =>
      (bytes) => {
        const [from, to] = [first, second].map((at) => Math.floor(bytes.length * at)).sort((a, b) => a - b) as [
          number,
          number,
        ];
        const [head, middle, tail] = [bytes.subarray(0, from), bytes.subarray(from, to), bytes.subarray(to)];
        return { bytes: Buffer.concat(twice ? [head, middle, middle, tail] : [head, tail, middle]), from };
      },
  ),
);

test('several blows at once: never an error, never a wrong record, all before the first is read, each byte is accounted for', (t) => {
  fc.assert(
    fc.property(records, fc.array(blow, { minLength: 1, maxLength: 6 }), (written, blows) => {
      let bytes = file(written);
      let first = bytes.length;
      for (const strike of blows) {
        const struck = strike(bytes);
        bytes = struck.bytes;
        first = Math.min(first, struck.from);
      }
      const { found, corruptBytes } = readRecords(bytes, SEED);
      const all = new Set(written.map((each) => JSON.stringify(plain({ record: each }))));
      for (const each of found) t.true(all.has(JSON.stringify(plain(each))));
      const whole = endsOf(written).filter((end) => end <= first).length;
      t.deepEqual(
        found.slice(0, whole).map(plain),
        written.slice(0, whole).map((each) => plain({ record: each })),
      );
      const read = found.reduce((sum, each) => sum + HEADER_BYTES + each.record.bytes.length, 0);
      t.is(read + corruptBytes, bytes.length);
    }),
    { numRuns: 1_000 },
  );
});

function record(more: Partial<SpoolRecord>): SpoolRecord {
  return { kind: 'traces', encoding: 'protobuf', items: 1, sequence: 1, time: 1, bytes: Buffer.from('x'), ...more };
}

function file(written: readonly SpoolRecord[], seed = SEED): Buffer {
  const parts = written.flatMap((each) => {
    const header = Buffer.alloc(HEADER_BYTES);
    writeHeader(header, each, each.bytes, seed);
    return [header, each.bytes];
  });
  return Buffer.concat(parts);
}

function endsOf(written: readonly SpoolRecord[]): number[] {
  let end = 0;
  return written.map((each) => {
    end += HEADER_BYTES + each.bytes.length;
    return end;
  });
}

const plain = ({ record: { bytes, ...rest } }: { record: SpoolRecord }) => ({ ...rest, bytes: [...bytes] });
