import fs, { existsSync, mkdirSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import type { SpoolFs } from '../../../src/telemetry/outbox/outbox-ports.js';
import { Journal } from '../../../src/telemetry/outbox/store/journal.js';
import type { Segment } from '../../../src/telemetry/outbox/store/segment-directory.js';
import { filesBelow, tempDir } from '../../helpers/spool.js';
import { manualPorts } from './manual-ports.js';

/** A journal on a disk of which some calls are the test's, with what it said. */
function journaling(
  t: ExecutionContext,
  { fs: own = {}, maxBytes = 64 << 20 }: { fs?: Partial<SpoolFs>; maxBytes?: number },
) {
  const manual = manualPorts(own);
  const root = join(tempDir(t), 'spool');
  const warned: string[] = [];
  const fixes: string[] = [];
  const evicted: Segment[] = [];
  const lost: Segment[] = [];
  const journal = new Journal({
    ...{ root, maxBytes, ports: manual.ports },
    warn: (what, fix) => {
      warned.push(what);
      fixes.push(fix);
    },
    onEvict: (segment) => void evicted.push(segment),
    onLost: (segments) => void lost.push(...segments),
  });
  t.teardown(() => journal.close());
  const append = (size = 100, fill = 1) =>
    journal.append(
      { kind: 'traces', encoding: 'protobuf', items: 1, request: [Buffer.alloc(size, fill)] },
      manual.clock.now,
    );
  return { ...manual, journal, root, warned, fixes, evicted, lost, append };
}

/** A call that fails while the test says so. */
function failing<Name extends keyof SpoolFs>(name: Name, code: string) {
  const state = { broken: true, calls: 0 };
  const call = (...args: unknown[]) => {
    state.calls++;
    if (state.broken) throw Object.assign(new Error(`${code}: no`), { code });
    return Reflect.apply(fs[name] as (...args: unknown[]) => unknown, fs, args);
  };
  return { state, fs: { [name]: call } as Partial<SpoolFs> };
}

for (const [code, fix] of [
  ['ENOSPC', /^Free the disk below/],
  ['EDQUOT', /^Free the disk below/],
  ['EROFS', /^Make .* writable/],
] as const) {
  test(`${code}: said once with what to do, left alone for 30 s, and used again when it is over`, (t) => {
    const { state, fs: broken } = failing('mkdirSync', code);
    const { journal, warned, fixes, append, advance } = journaling(t, { fs: broken });
    t.is(append(), undefined);
    t.is(append(), undefined);
    t.deepEqual([warned.length, state.calls], [1, 1], 'not asked for each record');
    t.regex(fixes[0]!, fix);
    advance(29_999);
    t.is(append(), undefined);
    t.is(state.calls, 1);
    advance(1);
    t.is(append(), undefined);
    t.deepEqual([warned.length, state.calls], [1, 2], 'the same trouble is not said again');
    state.broken = false;
    advance(30_000);
    t.not(append(), undefined);
    t.is(journal.trouble, undefined);
    state.broken = true;
  });
}

test('a record of which the disk took a part is cut off again: the one behind it can be read', (t) => {
  let short = true;
  const writeSync = (fd: number, buffer: Buffer, offset: number, length: number) =>
    fs.writeSync(fd, buffer, offset, short ? length - 10 : length);
  const { journal, root, append, advance, fixes } = journaling(t, {
    fs: { writeSync: writeSync as SpoolFs['writeSync'] },
  });
  t.is(append(), undefined);
  t.regex(fixes[0]!, /^Free the disk/);
  const [file] = filesBelow(root).filter((name) => name.endsWith('.seg'));
  t.is(statSync(join(root, file!)).size, 0);
  short = false;
  advance(30_000);
  t.like(append(), { offset: 0, length: 140, records: 1 });
  t.is(journal.ownDirectory().segments.size, 2);
});

test('where the room is used up the oldest file goes, after what is set aside, and who holds its records hears of it', (t) => {
  // Files of 64 KiB in a room of 2 MiB.
  const { journal, root, append, evicted } = journaling(t, { maxBytes: 2 << 20 });
  append(60 << 10);
  const aside = join(root, 'corrupt', 'old');
  mkdirSync(join(root, 'corrupt'), { recursive: true, mode: 0o700 });
  writeFileSync(aside, Buffer.alloc(1 << 20));
  for (let i = 0; i < 16; i++) append(60 << 10);
  t.false(existsSync(aside));
  t.deepEqual(evicted, []);
  const [first] = journal.ownDirectory().segments;
  for (let i = 0; i < 20; i++) append(60 << 10);
  t.is(evicted[0], first);
  t.false(existsSync(first!.path));
  const bytes = filesBelow(root).reduce((sum, name) => sum + statSync(join(root, name)).size, 0);
  t.true(bytes <= 2 << 20, `${bytes}`);
});

test('a file of which all is acknowledged is deleted; the one that is written to is kept, and emptied when it is large', (t) => {
  const { journal, append } = journaling(t, { maxBytes: 32 << 20 });
  const large = Array.from({ length: 3 }, (_, i) => append(300 << 10, i)!);
  const { segments } = journal.ownDirectory();
  const [only] = segments;
  for (const stored of large) journal.acknowledge(stored);
  t.is(segments.size, 1);
  t.deepEqual([only!.size, statSync(only!.path).size], [0, 0]);
  const small = append()!;
  journal.acknowledge(small);
  t.is(only!.size, 140, 'a small one is not worth the call');
  const behind = Array.from({ length: 5 }, () => append(300 << 10)!);
  t.is(segments.size, 2);
  for (const stored of behind) journal.acknowledge(stored);
  t.deepEqual([segments.size, existsSync(only!.path)], [1, false]);
});

test('a clean end leaves nothing; with records that wait the directory stays, without an owner, for the next process', (t) => {
  const clean = journaling(t, {});
  clean.journal.acknowledge(clean.append()!);
  clean.journal.close();
  t.deepEqual(readdirSync(clean.root), []);
  const waiting = journaling(t, {});
  waiting.append();
  const owner = filesBelow(waiting.root).find((name) => name.endsWith('owner.json'));
  t.truthy(owner);
  waiting.journal.close();
  waiting.journal.close();
  t.deepEqual(
    filesBelow(waiting.root).map((name) => name.replace(/^.*\//, '').replace(/^.*\./, '')),
    ['seg'],
  );
});

test('a directory that somebody deletes is noticed within a second: what it held is handed back, and there is a new one', (t) => {
  const { root, append, lost, advance } = journaling(t, {});
  const before = append()!;
  append(); // looks at the files
  fs.rmSync(root, { recursive: true });
  append();
  t.deepEqual(lost, [], 'not looked at for each record');
  advance(1_000);
  const after = append()!;
  t.deepEqual(lost, [before.segment]);
  t.not(after.segment.directory, before.segment.directory);
  t.true(existsSync(after.segment.path));
});

test('the last look before the end sees a deletion at once', (t) => {
  const { journal, root, append, lost } = journaling(t, {});
  const { segment } = append()!;
  fs.rmSync(root, { recursive: true });
  journal.verify();
  t.deepEqual(lost, [segment]);
});

test('the sign of life is given every 15 s, and ends with the journal', (t) => {
  const times: number[] = [];
  const { journal, append, advance, timers, clock } = journaling(t, {
    fs: { utimesSync: (_dir, seconds) => void times.push(Number(seconds)) },
  });
  append();
  const began = clock.wall / 1000;
  advance(45_000);
  t.deepEqual(times, [began + 15, began + 30, began + 45]);
  t.true(
    [...timers].every(({ hold }) => !hold),
    'it keeps no process alive',
  );
  journal.close();
  t.is(timers.size, 0);
});

test('an acknowledgement that the disk does not take is trouble of the disk, and nobody is thrown at', (t) => {
  const { state, fs: broken } = failing('writeSync', 'EIO');
  state.broken = false;
  const { journal, append, warned, advance } = journaling(t, { fs: broken });
  const [stored, second] = [append()!, append()!];
  state.broken = true;
  journal.acknowledge(stored);
  t.is(warned.length, 1);
  t.is(append(), undefined, 'it is left alone');
  state.broken = false;
  advance(30_000);
  journal.acknowledge(second);
  t.is(journal.ownDirectory().settled, true, 'what is known in memory is not forgotten');
});

test('what is acknowledged after its directory is gone touches no file', (t) => {
  const { journal, append, root, warned } = journaling(t, {});
  const stored = append()!;
  fs.rmSync(root, { recursive: true });
  journal.verify();
  journal.acknowledge(stored);
  t.deepEqual(warned, []);
  t.false(existsSync(root));
});

test('a record that fits into no file has one of its own', (t) => {
  const { journal, append } = journaling(t, { maxBytes: 2 << 20 });
  append();
  const large = append(200 << 10)!;
  append();
  t.is(large.offset, 0);
  t.is(journal.ownDirectory().segments.size, 3);
});
