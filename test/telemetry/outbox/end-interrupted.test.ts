import * as fs from 'node:fs';
import { basename, join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { appendRecord } from '../../../src/telemetry/outbox/format/append.js';
import { readRecords } from '../../../src/telemetry/outbox/format/read-records.js';
import type { RecordFields } from '../../../src/telemetry/outbox/format/record.js';
import { endInterrupted, type KnownEnd } from '../../../src/telemetry/outbox/recover/interrupted.js';
import { acksSeed, SEGMENT_NAME, seedOf } from '../../../src/telemetry/outbox/store/segment-directory.js';
import { tempDir } from '../../helpers/spool.js';
import { manualPorts } from './manual-ports.js';

const CRASH: KnownEnd = { pid: 7, reason: 'crash', code: 1, signal: null, at: 1_700_000_000_000 };
const LAST = '000003-0badf00d.seg';

/** A request of JSON with one span that has begun. */
const request = (spanId: string, name = 'GET /') =>
  Buffer.from(
    JSON.stringify({
      resourceSpans: [{ scopeSpans: [{ spans: [{ spanId, name, startTimeUnixNano: '1000000000000000000' }] }] }],
    }),
  );
const idOf = (nth: number) => String(nth).padStart(16, 'a');
const numbers = (...sequences: number[]) => Buffer.from(Float64Array.from(sequences).buffer);

/** The directory of a worker that died with these starts open, numbered from 1. */
function left(t: ExecutionContext, ...starts: readonly Uint8Array[]) {
  const dir = join(tempDir(t), 'den-7-00000001');
  fs.mkdirSync(dir);
  const write = (file: string, seed: number, fields: Partial<RecordFields>, bytes: Uint8Array) => {
    const fd = fs.openSync(join(dir, file), 'a', 0o600);
    const rest = { kind: 'starts', encoding: 'json', items: 1, sequence: 1, time: 5 } as const;
    appendRecord(fs, fd, seed, { ...rest, ...fields }, [bytes]);
    fs.closeSync(fd);
  };
  const seed = acksSeed(basename(dir));
  for (const [index, bytes] of starts.entries()) write('starts', seed, { sequence: index + 1 }, bytes);
  return {
    dir,
    ends: (bytes: Uint8Array) => write('starts', seed, { kind: 'ends' }, bytes),
    stored: (file: string, bytes: Uint8Array) => write(file, seedOf(file), { kind: 'traces' }, bytes),
    end: (ports = manualPorts().ports) => endInterrupted(dir, basename(dir), CRASH, ports),
    segments: () => fs.readdirSync(dir).filter((name) => SEGMENT_NAME.test(name)),
    hasStarts: () => fs.existsSync(join(dir, 'starts')),
  };
}

/** Every span of every whole record of a directory's segments, with the number of its record. */
function spansIn(dir: string) {
  const segments = fs
    .readdirSync(dir)
    .filter((name) => SEGMENT_NAME.test(name) && fs.statSync(join(dir, name)).isFile());
  return segments.sort().flatMap((name) =>
    readRecords(fs.readFileSync(join(dir, name)), seedOf(name)).found.map(({ record }) => {
      const [span] = JSON.parse(Buffer.from(record.bytes).toString()).resourceSpans[0].scopeSpans[0].spans;
      return { span, sequence: record.sequence, time: record.time, segment: name };
    }),
  );
}
const ids = (dir: string) => spansIn(dir).map(({ span }) => span.spanId);

/** An error as the system makes it. */
const systemError = (code: string) => Object.assign(new Error(code), { code });

test('what was open ends as an error, in a segment behind the last, with numbers that no worker gives; the starts are gone', (t) => {
  const { dir, stored, end, ends, hasStarts } = left(t, request(idOf(1)), request(idOf(2)), request(idOf(3)));
  stored(LAST, request(idOf(9)));
  ends(numbers(2));
  const { ports, clock } = manualPorts();
  t.is(end(ports), 2);
  t.false(hasStarts());
  const [before, ...added] = spansIn(dir);
  t.is(before?.span.status, undefined);
  t.deepEqual(
    added.map(({ span }) => [span.spanId, span.status.code, span.endTimeUnixNano]),
    [idOf(1), idOf(3)].map((id) => [id, 2, '1700000000000000000']),
  );
  t.true(added.every(({ segment, time }) => segment.startsWith('000004-') && time === clock.wall));
  t.true(added[0]!.sequence > 2 ** 49 && added[1]!.sequence === added[0]!.sequence + 1);
});

test('a span that was stored before its end was noted is sent once, whether it lies in the last segment or the one before', (t) => {
  const { dir, stored, end } = left(t, request(idOf(1)), request(idOf(2)), request(idOf(3)));
  stored('000002-0badf00d.seg', request(idOf(1)));
  stored(LAST, request(idOf(2)));
  t.is(end(), 1);
  t.deepEqual(ids(dir), [idOf(1), idOf(2), idOf(3)]);
});

test('when all of it is stored or ended, nothing is written; ends that are cut off end what they name whole', (t) => {
  const { dir, stored, end, ends, segments, hasStarts } = left(t, request(idOf(1)), request(idOf(2)));
  stored(LAST, request(idOf(1)));
  ends(Buffer.concat([numbers(2), Buffer.from([1, 2, 3])]));
  t.is(end(), 0);
  t.deepEqual([segments(), hasStarts(), ids(dir)], [[LAST], false, [idOf(1)]]);
});

test('where nobody knows when the worker ended, its spans end when it last noted a start', (t) => {
  const { dir } = left(t, request(idOf(1)));
  fs.utimesSync(join(dir, 'starts'), 1_600_000_000, 1_600_000_000);
  t.is(endInterrupted(dir, basename(dir), undefined, manualPorts().ports), 1);
  const [{ span } = { span: undefined }] = spansIn(dir);
  t.is(span.endTimeUnixNano, '1600000000000000000');
  const reason = span.attributes.find(({ key }: { key: string }) => key === 'kf.worker.exit.reason');
  t.is(reason.value.stringValue, 'unknown');
});

test('starts that hold no request, or no span, hinder none of the others, and alone they make no segment', (t) => {
  const odd = [Buffer.from('{"resourceSpans":[7]'), Buffer.from('{"resourceSpans":[7]}'), Buffer.from('null')];
  const { dir, end } = left(t, ...odd, request(idOf(4)));
  t.is(end(), 1);
  t.deepEqual(ids(dir), [idOf(4)]);
  const alone = left(t, ...odd);
  t.is(alone.end(), 0);
  t.deepEqual([alone.segments(), alone.hasStarts()], [[], false]);
});

test('starts that are torn at their end give the spans in front of the tear', (t) => {
  const { dir, end } = left(t, request(idOf(1)), request(idOf(2)));
  const path = join(dir, 'starts');
  fs.truncateSync(path, fs.statSync(path).size - 3);
  t.is(end(), 1);
  t.deepEqual(ids(dir), [idOf(1)]);
});

test('what only has the name of a segment holds no span, and its number is not given twice', (t) => {
  const { dir, end, segments } = left(t, request(idOf(1)));
  fs.mkdirSync(join(dir, LAST));
  t.is(end(), 1);
  t.deepEqual(ids(dir), [idOf(1)]);
  t.true(segments().some((name) => name.startsWith('000004-')));
});

test('without a descriptor to read the segments nothing is ended: a span that is stored would be sent twice', (t) => {
  const { dir, stored, end, hasStarts } = left(t, request(idOf(1)));
  stored(LAST, request(idOf(1)));
  const openSync: typeof fs.openSync = (path, ...rest) => {
    if (String(path).endsWith(LAST)) throw systemError('EMFILE');
    return fs.openSync(path, ...rest);
  };
  t.throws(() => end(manualPorts({ openSync }).ports), { message: 'EMFILE' });
  t.true(hasStarts());
  t.is(end(), 0);
  t.deepEqual(ids(dir), [idOf(1)]);
});

for (const [what, second] of [
  ['is full', () => raise('ENOSPC')],
  ['takes half a record', (size: number) => size >> 1],
] as const) {
  test(`a disk that ${what} between two spans: the starts stay, and the next attempt adds what is missing, once`, (t) => {
    const { dir, end, hasStarts } = left(t, request(idOf(1)), request(idOf(2)), request(idOf(3)));
    let writes = 0;
    const writeSync = ((fd: number, bytes: Buffer, offset: number, size: number) =>
      fs.writeSync(fd, bytes, offset, ++writes === 2 ? second(size) : size)) as typeof fs.writeSync;
    const open = new Set<number>();
    const openSync: typeof fs.openSync = (path, ...rest) => {
      const fd = fs.openSync(path, ...rest);
      open.add(fd);
      return fd;
    };
    const closeSync: typeof fs.closeSync = (fd) => {
      open.delete(fd);
      fs.closeSync(fd);
    };
    t.throws(() => end(manualPorts({ writeSync, openSync, closeSync }).ports), { code: 'ENOSPC' });
    t.true(hasStarts());
    t.is(open.size, 0, 'a recovery that fails keeps no descriptor');
    t.deepEqual(ids(dir), [idOf(1)]);
    t.is(end(), 2);
    t.deepEqual(ids(dir).sort(), [idOf(1), idOf(2), idOf(3)]);
    t.false(hasStarts());
  });
}

function raise(code: string): never {
  throw systemError(code);
}
