import { execFileSync } from 'node:child_process';
import * as fs from 'node:fs';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { nodePorts, type SpoolPorts } from '../../../src/telemetry/outbox/outbox-ports.js';
import { HEARTBEAT_MS } from '../../../src/telemetry/outbox/store/owner.js';
import { startSink } from '../../helpers/fault-sink.js';
import { configFor, filesBelow, PATIENCE, rig, tempDir, until } from '../../helpers/spool.js';

const NOBODY = 'http://127.0.0.1:1';

test('a file where the directory should be: one warning, memory instead, every span arrives', async (t) => {
  const sink = await startSink('grpc');
  t.teardown(sink.stop);
  const dir = join(tempDir(t), 'file');
  fs.writeFileSync(dir, '');
  const { spool, emit, account, warnings } = rig(t, { url: sink.url, dir, delivery: 'journal', journalPer: 'span' });
  emit('a', 500);
  t.like(account(), { pending: 500, spooled: 0 });
  t.true(await spool.flush(PATIENCE));
  t.is(account().exported, 500);
  t.is(warnings.length, 1);
  t.regex(warnings[0] ?? '', /cannot be used/);
});

test('a directory that another worker renames while the disk is measured is no failure', (t) => {
  const dir = join(tempDir(t), 'spool');
  const young = join(dir, 'new-1-00000000');
  fs.mkdirSync(young, { recursive: true });
  const readdirSync = (path: string, options: object) => {
    const entries = fs.readdirSync(path, options);
    if (path === dir) fs.rmSync(young, { recursive: true, force: true });
    return entries;
  };
  const ports = { ...nodePorts, fs: { ...fs, readdirSync: readdirSync as typeof fs.readdirSync } };
  const { emit, account, warnings } = rig(t, { url: NOBODY, dir, ports, delivery: 'journal', journalPer: 'span' });
  emit('a', 10);
  t.false(fs.existsSync(young));
  t.like(account(), { spooled: 10, pending: 0 });
  t.deepEqual(warnings, []);
});

test('a full disk: what fits is on it, the rest in memory, nothing thrown, everything arrives in the end', async (t) => {
  const sink = await startSink('grpc');
  t.teardown(sink.stop);
  await sink.stop();
  const { dir, ports } = smallDisk(t, 128 * 1024);
  const { spool, emit, account, warnings } = rig(t, { url: sink.url, dir, ports, delivery: 'journal' });
  for (let round = 0; round < 10; round++) {
    emit(`d${round}-`, 500);
    t.false(await spool.flush(1));
  }
  const { spooled, pending } = account();
  t.true(spooled > 0 && pending > 0, JSON.stringify({ spooled, pending }));
  const ofDisk = warnings.filter((text) => !text.startsWith('the collector takes nothing'));
  t.is(ofDisk.length, 1);
  t.regex(ofDisk[0] ?? '', /ENOSPC|no space/);
  await sink.start();
  t.true(await spool.flush(PATIENCE));
  t.is(sink.spans.size, 5000);
  t.is(account().exported, 5000);
});

test('a full disk at the exit without a collector: what is lost is named', async (t) => {
  const { dir, ports } = smallDisk(t, 128 * 1024);
  const { spool, emit, account, drops } = rig(t, { url: NOBODY, dir, ports, delivery: 'spool' });
  emit('d', 5000);
  spool.drainSync();
  const { spooled, dropped, pending } = account();
  t.is(spooled + dropped.disk_full, 5000);
  t.true(dropped.disk_full > 0);
  t.is(pending, 0);
  t.is(drops[0]?.cause, 'disk_full');
});

test('the directory is deleted under a running worker: it is made anew, with everything in it', async (t) => {
  const sink = await startSink('grpc');
  t.teardown(sink.stop);
  await sink.stop();
  const dir = join(tempDir(t), 'spool');
  const clock = { ahead: 0 };
  const ports: SpoolPorts = { ...nodePorts, now: () => performance.now() + clock.ahead };
  const { spool, emit, account } = rig(t, { url: sink.url, dir, ports, delivery: 'journal', maxMemoryBytes: 20_000 });
  emit('before', 1000);
  t.false(await spool.flush(1));
  fs.rmSync(dir, { recursive: true });
  clock.ahead += 2_000;
  emit('after', 1000);
  t.false(await spool.flush(1));
  t.like(account(), { spooled: 2000, pending: 0 });
  t.is(filesBelow(dir).filter((file) => file.endsWith('.seg')).length, 1);
  await sink.start();
  t.true(await spool.flush(PATIENCE));
  t.is(sink.spans.size, 2000);
  t.is(account().exported, 2000);
});

test('--spool-max: the oldest go, each of them counted, and the newest arrive', async (t) => {
  const sink = await startSink('grpc');
  t.teardown(sink.stop);
  await sink.stop();
  const dir = join(tempDir(t), 'spool');
  const max = 1 << 20;
  const { spool, emit, account, drops } = rig(t, { url: sink.url, dir, maxBytes: max, maxMemoryBytes: 10_000 });
  emit('first', 1000);
  t.false(await spool.flush(1));
  await until(() => spool.account('traces').spooled === 1000);
  for (let round = 0; round < 30; round++) emit(`m${round}-`, 1000);
  t.false(await spool.flush(1));
  const lost = account().dropped.disk_full;
  t.true(lost > 0);
  t.is(drops[0]?.cause, 'disk_full');
  const bytes = filesBelow(dir).reduce((sum, file) => sum + fs.statSync(join(dir, file)).size, 0);
  t.true(bytes <= max + 128 * 1024, `${bytes} bytes`);
  await sink.start();
  t.true(await spool.flush(PATIENCE));
  t.is(sink.spans.size, 31_000 - lost);
  t.true(sink.spans.has('m29-999'));
  t.is(account().exported, 31_000 - lost);
});

test('--spool-max-age: what is too old is given up and counted; a clock set back gives up nothing', async (t) => {
  const clock = { ahead: 0, wall: 0 };
  const ports = { ...nodePorts, now: () => performance.now() + clock.ahead, wallClock: () => Date.now() + clock.wall };
  const { spool, emit, account } = rig(t, { url: NOBODY, ports, maxAgeMs: 60_000 });
  const spooled = (count: number) => until(() => spool.account('traces').spooled === count);
  emit('old', 10);
  t.false(await spool.flush(1));
  await spooled(10);
  clock.wall = -3600_000;
  emit('young', 5);
  t.false(await spool.flush(1));
  await spooled(15);
  t.is(account().dropped.expired, 0);
  clock.ahead = 61_000;
  emit('new', 5);
  t.false(await spool.flush(1));
  await spooled(5);
  t.is(account().dropped.expired, 15);
});

test('the directory is private, and no header is in any file', async (t) => {
  const dir = join(tempDir(t), 'spool');
  const config = configFor(NOBODY, { headers: { authorization: 'Bearer s3cret' } });
  const { spool, emit } = rig(t, { config, dir, delivery: 'journal' });
  emit('p', 10);
  spool.drainSync();
  t.is(fs.statSync(dir).mode & 0o777, 0o700);
  for (const file of filesBelow(dir)) {
    t.is(fs.statSync(join(dir, file)).mode & 0o777, 0o600, file);
    t.false(fs.readFileSync(join(dir, file), 'latin1').includes('s3cret'));
  }
});

/** A real small file system where this user may mount one, else the same failure at the port. */
function smallDisk(t: ExecutionContext, bytes: number): { dir: string; ports: SpoolPorts } {
  const dir = tempDir(t);
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${bytes}`, 'tmpfs', dir], { stdio: 'ignore' });
    t.teardown(() => execFileSync('umount', ['-l', dir]));
    return { dir: join(dir, 'spool'), ports: nodePorts };
  } catch {
    return { dir: join(dir, 'spool'), ports: { ...nodePorts, fs: { ...fs, writeSync: fillingUp(bytes) } } };
  }
}

function fillingUp(bytes: number): typeof fs.writeSync {
  let left = bytes;
  const write = (fd: number, buffer: Buffer, offset: number, length: number) => {
    if (length > left) throw Object.assign(new Error('ENOSPC: no space left on device'), { code: 'ENOSPC' });
    left -= length;
    return fs.writeSync(fd, buffer, offset, length);
  };
  return write as typeof fs.writeSync;
}

test('a disk that became read-only: the sign of life that cannot be left is one warning, and throws nothing into the app', (t) => {
  const dir = join(tempDir(t), 'spool');
  const beats: (() => void)[] = [];
  let code = '';
  const utimesSync = () => {
    if (code) throw Object.assign(new Error(`${code}: refused, utime`), { code });
  };
  const setTimer: SpoolPorts['setTimer'] = (run, ms, hold) => {
    if (ms !== HEARTBEAT_MS) return nodePorts.setTimer(run, ms, hold);
    beats.push(run);
    return () => undefined;
  };
  const ports = { ...nodePorts, setTimer, fs: { ...fs, utimesSync } };
  const { emit, warnings } = rig(t, { url: NOBODY, dir, ports, delivery: 'journal', journalPer: 'span' });
  emit('a', 1);
  code = 'ENOENT';
  t.notThrows(() => beats.pop()?.());
  t.deepEqual(warnings, [], 'a directory that is gone is noticed by the next write');
  code = 'EROFS';
  t.notThrows(() => beats.pop()?.());
  t.is(warnings.length, 1);
  t.regex(warnings[0] ?? '', /cannot be used.*EROFS/);
  t.is(beats.length, 1, 'and the next one is due');
});
