import fs, { chmodSync, mkdirSync, readdirSync, readFileSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import test from 'ava';
import { nodePorts, type SpoolFs } from '../../../src/telemetry/outbox/outbox-ports.js';
import { describeTrouble } from '../../../src/telemetry/outbox/store/disk-trouble.js';
import { usage } from '../../../src/telemetry/outbox/store/disk-usage.js';
import { isAlive, isGone, parseOwner, thisProcess } from '../../../src/telemetry/outbox/store/owner.js';
import { Quarantine } from '../../../src/telemetry/outbox/store/quarantine.js';
import { NotOurs, openRegular, readRegular } from '../../../src/telemetry/outbox/store/regular-file.js';
import { expectOwn, NotOwn } from '../../../src/telemetry/outbox/store/spool-root.js';
import { onLinux } from '../../helpers/linux.js';
import { tempDir } from '../../helpers/spool.js';
import { manualPorts } from './manual-ports.js';

test('what is set aside is named with its reason, three at a time; all reasons are in a file', (t) => {
  const root = tempDir(t);
  const { ports } = manualPorts();
  const quarantine = new Quarantine(root, ports);
  t.is(quarantine.describe(), undefined);
  for (const name of ['a', 'b', 'c', 'd']) {
    writeFileSync(join(root, name), name);
    t.true(quarantine.put(join(root, name), `of ${name}`));
  }
  const said = quarantine.describe();
  t.true(
    ['"a" (of a)', '"b" (of b)', '"c" (of c)', '1 more'].every((text) => said?.includes(text)),
    said,
  );
  t.is(quarantine.describe(), undefined, 'nothing is said twice');
  const reasons = readFileSync(join(quarantine.dir, 'reasons.log'), 'utf8').trim().split('\n');
  t.is(reasons.length, 4);
  t.regex(reasons[3]!, /^2026-01-01T00:00:00\.000Z "d": of d$/);
});

test('two of one name are both kept; what is gone meanwhile is nobody else’s matter', (t) => {
  const root = tempDir(t);
  const quarantine = new Quarantine(root, nodePorts);
  for (const text of ['first', 'second']) {
    writeFileSync(join(root, 'x'), text);
    t.true(quarantine.put(join(root, 'x'), 'damaged'));
  }
  const texts = readdirSync(quarantine.dir).map((name) => readFileSync(join(quarantine.dir, name), 'utf8'));
  t.deepEqual(texts.sort(), ['first', 'second']);
  quarantine.describe();
  t.false(quarantine.put(join(root, 'x'), 'damaged'));
  t.is(quarantine.describe(), undefined);
});

test('what cannot be moved stays where it is, and that is said once', (t) => {
  const root = tempDir(t);
  const renameSync = () => {
    throw new Error('EXDEV: no');
  };
  const quarantine = new Quarantine(root, manualPorts({ renameSync }).ports);
  writeFileSync(join(root, 'x'), '');
  t.false(quarantine.put(join(root, 'x'), 'damaged'));
  t.regex(quarantine.describe()!, /damaged; it stays where it is: EXDEV/);
  t.false(quarantine.put(join(root, 'x'), 'damaged'));
  t.is(quarantine.describe(), undefined);
});

test('a symlink in the place of the directory is not followed: nothing is moved out of the spool', (t) => {
  const [root, elsewhere] = [tempDir(t), tempDir(t)];
  symlinkSync(elsewhere, join(root, 'corrupt'));
  writeFileSync(join(root, 'x'), '');
  t.false(new Quarantine(root, nodePorts).put(join(root, 'x'), 'damaged'));
  t.deepEqual(readdirSync(elsewhere), []);
});

test('room is made by the oldest first, whole directories too, and no more than is asked for', (t) => {
  const root = tempDir(t);
  const quarantine = new Quarantine(root, nodePorts);
  t.is(quarantine.trim(1), 0, 'where nothing is set aside there is nothing to gain');
  mkdirSync(join(quarantine.dir, 'oldest'), { recursive: true });
  writeFileSync(join(quarantine.dir, 'oldest', 'inside'), Buffer.alloc(100));
  for (const name of ['middle', 'newest']) writeFileSync(join(quarantine.dir, name), Buffer.alloc(100));
  for (const [at, name] of ['oldest', 'middle', 'newest'].entries()) utimesSync(join(quarantine.dir, name), at, at);
  t.is(quarantine.trim(150), 200);
  t.deepEqual(readdirSync(quarantine.dir), ['newest']);
});

test('bytes are counted through directories, and what cannot be listed counts as nothing', (t) => {
  const root = tempDir(t);
  mkdirSync(join(root, 'a', 'b'), { recursive: true });
  writeFileSync(join(root, 'a', 'b', 'c'), Buffer.alloc(7));
  writeFileSync(join(root, 'd'), Buffer.alloc(5));
  symlinkSync(join(root, 'd'), join(root, 'link'));
  t.is(usage(root, nodePorts), 12, 'a symlink leads to what is counted already, or is not ours');
  t.is(usage(join(root, 'none'), nodePorts), 0);
  const refusing = (code: string): Partial<SpoolFs> => ({
    readdirSync: ((dir: string) => {
      if (dir === join(root, 'a', 'b')) throw Object.assign(new Error(code), { code });
      return fs.readdirSync(dir);
    }) as SpoolFs['readdirSync'],
  });
  for (const code of ['ENOENT', 'ENOTDIR', 'EACCES', 'EPERM']) {
    t.is(usage(root, manualPorts(refusing(code)).ports), 5, code);
  }
  t.throws(() => usage(root, manualPorts(refusing('EIO')).ports), { message: 'EIO' });
});

test('only a plain file of this user is read, however it is disguised', async (t) => {
  const dir = tempDir(t);
  const at = (name: string) => join(dir, name);
  writeFileSync(at('file'), 'text');
  symlinkSync(at('file'), at('symlink'));
  mkdirSync(at('directory'));
  const server = createServer().listen(at('socket'));
  await new Promise((resolve) => server.once('listening', resolve));
  t.teardown(() => server.close());
  t.is(readRegular(at('file'), fs)?.toString(), 'text');
  t.is(readRegular(at('none'), fs), undefined);
  for (const name of ['symlink', 'directory', 'socket']) {
    t.throws(() => readRegular(at(name), fs), { instanceOf: NotOurs }, name);
  }
  t.throws(() => openRegular(at('file'), fs, 3), { instanceOf: NotOurs, message: 'it has 4 bytes' });
  t.throws(() => openRegular(at('none'), fs), { code: 'ENOENT' });
});

test('a refused file is closed again', (t) => {
  const path = join(tempDir(t), 'file');
  writeFileSync(path, 'text');
  const open: number[] = [];
  const watched: SpoolFs = {
    ...fs,
    openSync: ((...args: Parameters<typeof fs.openSync>) => {
      const fd = fs.openSync(...args);
      open.push(fd);
      return fd;
    }) as SpoolFs['openSync'],
    closeSync: (fd) => {
      open.splice(open.indexOf(fd), 1);
      fs.closeSync(fd);
    },
  };
  t.throws(() => openRegular(path, watched, 3));
  t.deepEqual(open, []);
});

for (const [text, what] of [
  ['', 'nothing'],
  ['{"pid":1', 'half a text'],
  ['[]', 'a list'],
  ['null', 'null'],
  ['{"pid":"1","startTime":1,"host":"h"}', 'a pid that is a text'],
  ['{"pid":1.5,"startTime":1,"host":"h"}', 'half a pid'],
  ['{"pid":0,"startTime":1,"host":"h"}', 'the pid of a whole process group'],
  ['{"pid":1,"host":"h"}', 'no start'],
  ['{"pid":1,"startTime":1}', 'no host'],
] as const) {
  test(`an owner file with ${what} names nobody`, (t) => t.is(parseOwner(text), undefined));
}

test('an owner of this host is asked after; one of another is believed for as long as it touches its directory', (t) => {
  const self = thisProcess(fs);
  t.deepEqual(parseOwner(JSON.stringify({ ...self, more: 1 })), self);
  t.true(isAlive(self, self, 1e9, fs), 'how long it has been idle does not matter then');
  t.false(isAlive({ ...self, pid: 2 ** 22 + 1 }, self, 0, fs));
  const other = { ...self, host: 'another' };
  t.deepEqual([isAlive(other, self, 59_999, fs), isAlive(other, self, 60_000, fs)], [true, false]);
  t.deepEqual([isAlive(undefined, self, 0, fs), isAlive(undefined, self, 60_000, fs)], [true, false]);
  t.true(isAlive({ ...self, startTime: 0 }, self, 0, fs), 'where the system does not say when it started');
});

test('a pid that is used again, and a zombie, are not the owner', (t) => {
  if (!onLinux(t, 'reads /proc')) return;
  const self = thisProcess(fs);
  t.false(isAlive({ ...self, startTime: self.startTime + 1 }, self, 0, fs));
  t.false(isGone(process.pid, fs));
  const stat = `${process.pid} (a) b (c)) Z 1 ${'0 '.repeat(40)}`;
  const zombie: SpoolFs = { ...fs, readFileSync: (() => stat) as unknown as SpoolFs['readFileSync'] };
  t.true(isGone(process.pid, zombie));
  t.true(isGone(2 ** 22 + 1, fs));
});

test('a directory that others can write is refused with the command that closes it', (t) => {
  const dir = tempDir(t);
  expectOwn(dir);
  chmodSync(dir, 0o777);
  const error = t.throws(() => expectOwn(dir), { instanceOf: NotOwn });
  t.is(describeTrouble(error, dir).fix, error!.fix);
  t.regex(error!.fix, /chmod go-w .*--spool-dir/);
  t.is(describeTrouble('no error at all', dir).text, 'no error at all');
});
