import { mkdirSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { makeDirs } from '../../src/system/make-dirs.js';
import { workDir } from '../helpers/control.js';

test('all that are missing are made, with the mode; what is there stays as it is', (t) => {
  const root = workDir(t);
  mkdirSync(join(root, 'a'), { mode: 0o755 });
  makeDirs(join(root, 'a/b/c'), 0o700);
  makeDirs(join(root, 'a/b/c'), 0o700);
  t.deepEqual(
    ['a', 'a/b', 'a/b/c'].map((dir) => statSync(join(root, dir)).mode & 0o777),
    [0o755, 0o700, 0o700],
  );
  symlinkSync(join(root, 'a'), join(root, 'link'));
  makeDirs(join(root, 'link/d'));
  t.true(statSync(join(root, 'a/d')).isDirectory());
});

test('a file in the way, a link to nowhere and a place that takes none are errors', (t) => {
  const root = workDir(t);
  writeFileSync(join(root, 'file'), '');
  symlinkSync(join(root, 'nowhere'), join(root, 'link'));
  t.throws(() => makeDirs(join(root, 'file')), { code: 'EEXIST' });
  t.throws(() => makeDirs(join(root, 'file/a/b')), { code: 'ENOTDIR' });
  t.throws(() => makeDirs(join(root, 'link/a')), { code: 'EEXIST' });
  // Node's own never comes back here.
  if (process.platform === 'linux') t.throws(() => makeDirs('/proc/kf/a/b'), { code: 'ENOENT' });
});
