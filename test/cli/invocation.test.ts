import { mkdirSync, realpathSync, rmSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { invocationOf, logicalCwd } from '../../src/cli/invocation.js';
import { privateDir } from '../helpers/cluster.js';

test('the working directory is what the shell calls it, while that leads there', (t) => {
  const dir = realpathSync(privateDir(t));
  for (const name of ['one', 'two']) mkdirSync(join(dir, name));
  const [one, two, current] = [join(dir, 'one'), join(dir, 'two'), join(dir, 'current')];
  symlinkSync('one', current);
  t.is(logicalCwd(current, one), current);
  t.is(logicalCwd(current, two), two, 'PWD of a parent that has changed its directory since');
  for (const shell of [undefined, '', 'one', join(dir, 'none')]) t.is(logicalCwd(shell, one), one, shell);
});

test('a name that cannot be looked at, as another user may not, leaves what the system calls it', (t) => {
  const unreadable = `/${'x'.repeat(300)}`;
  t.is(logicalCwd(unreadable, '/'), '/');
  t.is(logicalCwd('/', unreadable), unreadable);
});

test.serial('in a directory that is gone a command is read all the same; only who needs the directory fails', (t) => {
  const before = process.cwd();
  const dir = join(privateDir(t), 'release');
  mkdirSync(dir);
  process.chdir(dir);
  rmSync(dir, { recursive: true });
  try {
    const invocation = invocationOf({ name: 'shop', script: 'app.js', '--': [1, 'x'] });
    t.like(invocation, { script: 'app.js', args: ['1', 'x'], flags: { name: 'shop' } });
    t.throws(() => invocation.cwd, { code: 'ENOENT' });
  } finally {
    process.chdir(before);
  }
});

test.serial('where it was started stays the same for a reload, whatever becomes of the directory', (t) => {
  const before = process.cwd();
  const dir = realpathSync(privateDir(t));
  try {
    process.chdir(dir);
    const invocation = invocationOf({});
    t.is(invocation.cwd, dir);
    process.chdir('/');
    t.is(invocation.cwd, dir);
  } finally {
    process.chdir(before);
  }
});
