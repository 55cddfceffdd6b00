import { spawnSync } from 'node:child_process';
import * as fs from 'node:fs';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { appendRecord } from '../../../src/telemetry/outbox/format/append.js';
import type { RecordFields } from '../../../src/telemetry/outbox/format/record.js';
import { acksSeed, seedOf } from '../../../src/telemetry/outbox/store/segment-directory.js';
import { startSink } from '../../helpers/fault-sink.js';
import { isRoot, nobody } from '../../helpers/root.js';
import { rig, tempDir } from '../../helpers/spool.js';

type Damage = (t: ExecutionContext, dir: string) => void;
const LONG_AGO = 1_000;

/** Things that can lie in a spool directory under the name of a directory. None may cost a span of the good ones. */
const DAMAGED: Readonly<Record<string, Damage>> = {
  'a file': (_t, dir) => fs.writeFileSync(dir, 'x'),
  'a FIFO': (_t, dir) => fifo(dir),
  'a symlink to a directory': (t, dir) => fs.symlinkSync(leftBy(t, tempDir(t), 'foreign', 3), dir),
  'a symlink to nowhere': (_t, dir) => fs.symlinkSync('/nowhere', dir),
  'a directory of another user': (t, dir) => {
    fs.mkdirSync(dir, { mode: 0o700 });
    if (isRoot(t)) fs.chownSync(dir, nobody.id, nobody.group);
  },
};

/** Damage to one file of a directory that holds ten spans. What can still be read of them is delivered. */
const HURT: Readonly<Record<string, readonly [damage: Damage, spans: number]>> = {
  'owner.json is null': [owner('null'), 10],
  'owner.json is a number': [owner('7'), 10],
  'owner.json names pid 0': [owner('{"pid":0,"startTime":0,"host":"h"}'), 10],
  'owner.json is no JSON': [owner('{'), 10],
  'owner.json is a FIFO': [(_t, dir) => old(dir, () => fifo(join(dir, 'owner.json'))), 10],
  'owner.json is a directory': [(_t, dir) => old(dir, () => fs.mkdirSync(join(dir, 'owner.json'))), 10],
  'owner.json is a symlink': [(_t, dir) => old(dir, () => fs.symlinkSync('/etc/passwd', join(dir, 'owner.json'))), 10],
  'a segment is a directory': [(_t, dir) => fs.mkdirSync(join(dir, '000009-00000000.seg')), 10],
  'a segment is a FIFO': [(_t, dir) => fifo(join(dir, '000000-00000000.seg')), 10],
  'a segment is a symlink': [(_t, dir) => fs.symlinkSync('/etc/passwd', join(dir, '000000-00000000.seg')), 10],
  'a segment has another name': [(_t, dir) => fs.writeFileSync(join(dir, 'x.seg'), 'x'), 10],
  'acks is a FIFO': [(_t, dir) => fifo(join(dir, 'acks')), 10],
  'acks is a directory': [(_t, dir) => fs.mkdirSync(join(dir, 'acks')), 10],
  'acks has short and odd ranges': [(_t, dir) => oddAcks(dir), 10],
  'starts is a FIFO': [(_t, dir) => fifo(join(dir, 'starts')), 10],
  'starts is a directory': [(_t, dir) => fs.mkdirSync(join(dir, 'starts')), 10],
  'starts holds what is no request': [(_t, dir) => oddStarts(dir), 10],
  'a segment holds records of other kinds': [(_t, dir) => oddSegment(dir), 10],
  'a file where a claimed den should be': [(_t, dir) => fs.writeFileSync(join(dir, 'den-1-00000000'), 'x'), 10],
  'a symlink where a claimed den should be': [(_t, dir) => fs.symlinkSync('/etc', join(dir, 'den-1-00000000')), 10],
};

for (const [name, damage] of Object.entries(DAMAGED)) {
  test(`${name} in the place of a directory is set aside with its reason, and every other directory is delivered`, async (t) => {
    const sink = await startSink('grpc');
    t.teardown(sink.stop);
    const dir = join(tempDir(t), 'spool');
    leftBy(t, dir, 'good', 10);
    damage(t, join(dir, 'den-0-00000000'));
    leftBy(t, dir, 'more', 10);
    const { spool, warnings } = rig(t, { url: sink.url, dir });
    t.like(await spool.recover(), { items: 20 });
    t.true(await spool.idle(20_000));
    t.is(sink.spans.size, 20);
    if (name === 'a directory of another user' && process.getuid?.() !== 0) return;
    t.regex(warnings.join('\n'), /set aside: "den-0-00000000" \(it (is|belongs)/);
    t.true(exists(join(dir, 'corrupt/den-0-00000000')));
    t.regex(fs.readFileSync(join(dir, 'corrupt/reasons.log'), 'utf8'), /^\S+Z "den-0-00000000": it /);
    spool.close();
    t.deepEqual(fs.readdirSync(dir), ['corrupt']);
    t.deepEqual(await rig(t, { dir }).spool.recover(), { directories: 0, items: 0, corruptBytes: 0 });
  });
}

for (const [name, [damage, spans]] of Object.entries(HURT)) {
  test(`${name}: what can be read of the directory is delivered, and so is every other directory`, async (t) => {
    const sink = await startSink('grpc');
    t.teardown(sink.stop);
    const dir = join(tempDir(t), 'spool');
    leftBy(t, dir, 'good', 10);
    damage(t, leftBy(t, dir, 'hurt', 10));
    leftBy(t, dir, 'more', 10);
    const { spool } = rig(t, { url: sink.url, dir });
    t.like(await spool.recover(), { items: 20 + spans });
    t.true(await spool.idle(20_000));
    t.is(sink.spans.size, 20 + spans);
    t.true([...sink.spans.values()].every((times) => times === 1));
    spool.close();
    t.deepEqual(
      fs.readdirSync(dir).filter((one) => one !== 'corrupt'),
      [],
    );
  });
}

test('a directory whose owner nobody knows is left alone for as long as somebody may still touch it', async (t) => {
  const dir = join(tempDir(t), 'spool');
  const hurt = leftBy(t, dir, 'hurt', 10);
  fs.writeFileSync(join(hurt, 'owner.json'), 'null');
  t.like(await rig(t, { dir }).spool.recover(), { items: 0 });
});

test('2,000 damaged directories cost no good span and are gone for the next start', async (t) => {
  const sink = await startSink('grpc');
  t.teardown(sink.stop);
  const dir = join(tempDir(t), 'spool');
  leftBy(t, dir, 'good', 100);
  const damages = Object.values(DAMAGED).slice(0, 2);
  for (let i = 0; i < 2_000; i++) {
    const one = join(dir, `den-${i}-0000000${i % 8}`);
    if (i % 4 === 0) fs.symlinkSync('/nowhere', one);
    else if (i % 4 === 1) damages[0]!(t, one);
    else if (i % 4 === 2) fs.mkdirSync(`${one}-of-another-name`);
    else {
      fs.mkdirSync(one);
      fs.mkdirSync(join(one, '000001-00000000.seg'));
      fs.mkdirSync(join(one, 'acks'));
    }
  }
  leftBy(t, dir, 'more', 100);
  const { spool, warnings } = rig(t, { url: sink.url, dir });
  const before = performance.now();
  t.like(await spool.recover(), { items: 200 });
  t.log(`${Math.round(performance.now() - before)} ms`);
  t.true(await spool.idle(20_000));
  t.is(sink.spans.size, 200);
  t.is(warnings.length, 1, warnings.join('\n'));
  t.regex(warnings[0]!, /and \d+ more$/);
  const again = await rig(t, { url: sink.url, dir }).spool.recover();
  t.deepEqual(again, { directories: 0, items: 0, corruptBytes: 0 });
});

test('what was set aside gives its room to spans that can be sent', async (t) => {
  const dir = join(tempDir(t), 'spool');
  fs.mkdirSync(join(dir, 'corrupt'), { recursive: true, mode: 0o700 });
  fs.writeFileSync(join(dir, 'corrupt/old.corrupt'), Buffer.alloc(3 << 20));
  const { spool, emit, account } = rig(t, { dir, delivery: 'journal', maxBytes: 2 << 20 });
  emit('kept', 5_000);
  spool.drainSync();
  t.like(account(), { spooled: 5_000 });
  t.false(exists(join(dir, 'corrupt/old.corrupt')));
});

test('a spool directory that others can write is refused with the way to close it, and used once it is closed', async (t) => {
  const sink = await startSink('grpc');
  t.teardown(sink.stop);
  const dir = join(tempDir(t), 'spool');
  leftBy(t, dir, 'planted', 10);
  fs.chmodSync(dir, 0o777);
  const fixes: string[] = [];
  const warn = (what: string, fix: string) => fixes.push(`${what} ${fix}`);
  const refused = rig(t, { url: sink.url, dir, delivery: 'journal', warn });
  t.like(await refused.spool.recover(), { items: 0 });
  refused.emit('mine', 10);
  refused.spool.drainSync();
  t.is(fixes.length, 1, fixes.join('\n'));
  t.true(fixes[0]!.includes(`other users can write ${dir} Close it: chmod go-w ${dir}`), fixes[0]);
  t.is(fs.readdirSync(dir).length, 1);
  fs.chmodSync(dir, 0o700);
  t.like(await rig(t, { url: sink.url, dir }).spool.recover(), { items: 10 });
});

test('a spool directory of another user is refused, also by root', async (t) => {
  if (!isRoot(t)) return;
  const dir = join(tempDir(t), 'spool');
  leftBy(t, dir, 'planted', 10);
  fs.chownSync(dir, nobody.id, nobody.group);
  const { spool, warnings } = rig(t, { dir });
  t.like(await spool.recover(), { items: 0 });
  t.regex(warnings[0] ?? '', new RegExp(`belongs to user ${nobody.id}`));
});

/** A directory without an owner, with this many spans in it; returns its path. */
function leftBy(t: ExecutionContext, dir: string, prefix: string, count: number): string {
  const before = new Set(exists(dir) ? fs.readdirSync(dir) : []);
  const { spool, emit } = rig(t, { dir, delivery: 'journal', journalPer: 'span' });
  emit(prefix, count);
  spool.drainSync();
  spool.close();
  return join(dir, fs.readdirSync(dir).find((name) => !before.has(name))!);
}

function owner(text: string): Damage {
  return (_t, dir) => old(dir, () => fs.writeFileSync(join(dir, 'owner.json'), text));
}

/** Changes a directory that nobody has touched for a long time. */
function old(dir: string, change: () => void): void {
  change();
  fs.utimesSync(dir, LONG_AGO, LONG_AGO);
}

function fifo(path: string): void {
  spawnSync('mkfifo', [path]);
}

function exists(path: string): boolean {
  return fs.lstatSync(path, { throwIfNoEntry: false }) !== undefined;
}

/** A segment in front of the good one: every record is whole, and none is a span. */
function oddSegment(dir: string): void {
  const name = '000000-0badf00d.seg';
  const seed = seedOf(name);
  const bytes = Buffer.from('odd');
  write(join(dir, name), seed, { kind: 'acks' }, bytes);
  write(join(dir, name), seed, { kind: 'ends' }, bytes);
  write(join(dir, name), seed, { kind: 'starts' }, bytes);
  for (const sequence of [Number.NaN, -1, 0.5, Number.POSITIVE_INFINITY]) {
    write(join(dir, name), seed, { kind: 'traces', sequence }, bytes);
  }
  for (const time of [Number.NaN, Number.NEGATIVE_INFINITY]) {
    write(join(dir, name), seed, { kind: 'traces', sequence: 999, time }, bytes);
  }
}

function oddAcks(dir: string): void {
  const seed = acksSeed(dir);
  const ranges = [
    [Number.NaN, Number.NaN],
    [Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY],
    [5, 1],
    [-5, 1e300],
  ];
  for (const range of ranges) {
    write(join(dir, 'acks'), seed, { kind: 'acks' }, Buffer.from(Float64Array.from(range).buffer));
  }
  write(join(dir, 'acks'), seed, { kind: 'acks' }, Buffer.from('short'));
  write(join(dir, 'acks'), seed, { kind: 'traces' }, Buffer.alloc(16, 1));
}

function oddStarts(dir: string): void {
  const seed = acksSeed(dir);
  for (const encoding of ['json', 'protobuf'] as const) {
    write(join(dir, 'starts'), seed, { kind: 'starts', encoding, sequence: 1 }, Buffer.from('{"resourceSpans":[7]'));
    write(join(dir, 'starts'), seed, { kind: 'starts', encoding, sequence: 2 }, Buffer.from('{"resourceSpans":[7]}'));
  }
  write(join(dir, 'starts'), seed, { kind: 'ends' }, Buffer.from('short'));
}

function write(path: string, seed: number, fields: Partial<RecordFields>, bytes: Uint8Array): void {
  const fd = fs.openSync(path, 'a', 0o600);
  const rest = { kind: 'traces', encoding: 'protobuf', items: 1, sequence: 1, time: Date.now() } as const;
  appendRecord(fs, fd, seed, { ...rest, ...fields }, [bytes]);
  fs.closeSync(fd);
}
