import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, realpathSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import { accountOf, homeOf } from '../../src/system/accounts.js';
import { codeCacheDirectory, makeCodeCache } from '../../src/system/cache-dir.js';
import { distrustOfState, homeDir, stateDir } from '../../src/system/home.js';
import { mendExecPath, nodeBinary } from '../../src/system/node-binary.js';
import { readPlainFile } from '../../src/system/plain-file.js';
import { residentBytes } from '../../src/system/resident-memory.js';
import { distrustOf, distrustOfPath, distrustOfPrivate } from '../../src/system/trusted-dir.js';
import { privateDir } from '../helpers/cluster.js';

/** A directory with that mode. */
function withMode(t: Parameters<typeof privateDir>[0], mode: number): string {
  const dir = join(realpathSync(privateDir(t)), 'd');
  mkdirSync(dir);
  chmodSync(dir, mode);
  return dir;
}

for (const [mode, trusted, isPrivate] of [
  [0o700, true, true],
  [0o755, true, false],
  [0o711, true, false],
  [0o777, false, false],
  [0o702, false, false],
] as const) {
  test(`a directory of mode ${mode.toString(8)} is ${trusted ? '' : 'not '}trusted, and ${isPrivate ? '' : 'not '}private`, (t) => {
    const dir = withMode(t, mode);
    t.is(distrustOf(dir) === undefined, trusted);
    t.is(distrustOfPath(dir) === undefined, trusted);
    t.is(distrustOfPrivate(dir) === undefined, isPrivate);
  });
}

test('a directory below one that others can write is not trusted with code, unless that is sticky', (t) => {
  const open = withMode(t, 0o777);
  const below = join(open, 'a', 'b');
  mkdirSync(below, { recursive: true, mode: 0o700 });
  t.is(distrustOf(below), undefined);
  t.regex(distrustOfPath(below)?.why ?? '', /other users can write/);
  t.regex(distrustOfPath(join(open, 'none'))?.why ?? '', /other users can write/, 'nor what is to be made there');
  chmodSync(open, 0o1777);
  t.is(distrustOfPath(below), undefined);
});

test('a symlink is judged by what it leads to, and by what stands on the way there', (t) => {
  const open = withMode(t, 0o777);
  const target = join(open, 'target');
  mkdirSync(target, { mode: 0o700 });
  const link = join(realpathSync(privateDir(t)), 'link');
  symlinkSync(target, link);
  t.is(distrustOf(link), undefined);
  t.truthy(distrustOfPath(link));
  t.regex(distrustOfPrivate(link)?.why ?? '', /not a directory/);
});

test('a file is no directory to be trusted', (t) => {
  const file = join(privateDir(t), 'f');
  writeFileSync(file, '');
  t.regex(distrustOf(file)?.why ?? '', /not a directory/);
  t.regex(distrustOfPrivate(file)?.fix ?? '', /Move it away/);
  t.throws(() => distrustOf(join(file, 'x')), { code: 'ENOTDIR' });
});

test('only a plain file is read: no FIFO, no device, no directory, none that is too large', (t) => {
  const dir = privateDir(t);
  const file = join(dir, 'f');
  writeFileSync(file, 'é');
  t.is(readPlainFile(file), 'é');
  t.is(readPlainFile('/dev/null'), '');
  execFileSync('mkfifo', [join(dir, 'fifo')]);
  t.throws(() => readPlainFile(join(dir, 'fifo')), { code: 'ENOTFILE', message: /FIFO/ });
  t.throws(() => readPlainFile('/dev/zero'), { code: 'ENOTFILE' });
  t.throws(() => readPlainFile(dir), { code: 'EISDIR' });
  t.throws(() => readPlainFile(join(dir, 'none')), { code: 'ENOENT' });
  writeFileSync(file, Buffer.alloc(16 * 1024 * 1024 + 1));
  t.throws(() => readPlainFile(file), { code: 'EFBIG' });
});

test('an account is found by its name and by its number, and only as a whole', (t) => {
  t.like(accountOf('/etc/passwd', 'root'), { id: 0, group: 0 });
  t.is(accountOf('/etc/passwd', 0)?.fields[0], 'root');
  t.is(accountOf('/etc/group', '0')?.id, 0);
  for (const none of ['roo', 'nobody-of-that-name', '99999999', '/bin/bash'])
    t.is(accountOf('/etc/passwd', none), undefined);
  t.is(homeOf({ id: 1, group: 1, fields: [] }), '/');
});

test('state is where XDG_STATE_HOME says, if that is absolute, or below the home', (t) => {
  const HOME = realpathSync(privateDir(t));
  t.is(stateDir({ XDG_STATE_HOME: '/s', HOME }), '/s');
  t.is(stateDir({ XDG_STATE_HOME: 'relative', HOME }), join(HOME, '.local/state'));
  t.is(stateDir({ HOME }), join(HOME, '.local/state'));
  t.is(homeDir({ HOME }), HOME);
  t.is(typeof homeDir({}), 'string');
});

test('a home that is not there, and cannot be made, is none: state is in the folder of this user for temporary files', (t) => {
  const dir = realpathSync(privateDir(t));
  t.is(homeDir({ HOME: join(dir, 'to', 'be', 'made') }), join(dir, 'to', 'be', 'made'));
  writeFileSync(join(dir, 'file'), '');
  const HOME = join(dir, 'file', 'home');
  t.is(homeDir({ HOME }), undefined);
  t.is(stateDir({ HOME }), join(tmpdir(), `kf-cluster-${process.getuid?.()}`, 'state'));
});

test.serial('state in the directory for temporary files is not trusted in a folder that others can write', (t) => {
  const dir = realpathSync(privateDir(t));
  const before = process.env.TMPDIR;
  process.env.TMPDIR = dir;
  t.teardown(() => {
    if (before === undefined) delete process.env.TMPDIR;
    else process.env.TMPDIR = before;
  });
  writeFileSync(join(dir, 'file'), '');
  const env = { HOME: join(dir, 'file', 'home') };
  t.is(distrustOfState(env), undefined, 'it is still to be made');
  const folder = join(dir, `kf-cluster-${process.getuid?.()}`);
  mkdirSync(folder, { mode: 0o700 });
  t.is(distrustOfState(env), undefined);
  chmodSync(folder, 0o777);
  t.regex(distrustOfState(env)?.why ?? '', /other users can write/);
  t.is(distrustOfState({ HOME: dir }), undefined, 'a home is the affair of its user');
});

test.serial('compiled code is kept where this user alone can write, and not where it is switched off', (t) => {
  const before = { ...process.env };
  t.teardown(() => {
    for (const name of Object.keys(process.env)) if (!(name in before)) delete process.env[name];
    Object.assign(process.env, before);
  });
  for (const name of ['NODE_DISABLE_COMPILE_CACHE', 'NODE_COMPILE_CACHE', 'XDG_CACHE_HOME']) delete process.env[name];
  const home = realpathSync(privateDir(t));
  process.env.HOME = home;
  t.is(codeCacheDirectory(), join(home, '.cache', 'kf-cluster', 'compile'));
  process.env.XDG_CACHE_HOME = join(home, 'x');
  const dir = codeCacheDirectory() ?? '';
  t.is(dir, join(home, 'x', 'kf-cluster', 'compile'));
  t.true(makeCodeCache(dir));
  t.true(makeCodeCache(dir));
  chmodSync(dir, 0o777);
  t.false(makeCodeCache(dir));
  t.false(makeCodeCache('/proc/none/x'));
  process.env.NODE_COMPILE_CACHE = '/elsewhere';
  t.is(codeCacheDirectory(), undefined);
});

test.serial('a node that has another file under its name is started by the program itself', (t) => {
  const { execPath } = process;
  t.teardown(() => {
    process.execPath = execPath;
  });
  t.is(nodeBinary(), execPath);
  if (process.platform !== 'linux') return;
  const other = join(privateDir(t), 'node');
  writeFileSync(other, '');
  process.execPath = other;
  t.is(nodeBinary(), '/proc/self/exe');
  process.execPath = `${execPath} (deleted)`;
  mendExecPath();
  t.is(process.execPath, '/proc/self/exe');
});

test.serial('memory is known without a descriptor too', (t) => {
  const rss = residentBytes();
  t.true(rss > 10e6);
  const { memoryUsage } = process;
  const failing = Object.assign(() => memoryUsage(), {
    rss: () => {
      throw new Error('EMFILE');
    },
  });
  Object.assign(process, { memoryUsage: failing });
  try {
    t.true(residentBytes() >= rss / 2);
  } finally {
    Object.assign(process, { memoryUsage });
  }
});
