import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, readdirSync, readFileSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { acquirePidfile, readPid } from '../../src/control/pidfile.js';
import { workDir } from '../helpers/control.js';

test('holds our pid, alone in its directory, until it is given back', (t) => {
  const dir = workDir(t);
  const path = join(dir, 'a.pid');
  const remove = acquirePidfile(path);
  t.is(readFileSync(path, 'utf8'), `${process.pid}\n`);
  t.deepEqual(readdirSync(dir), ['a.pid']);
  remove();
  t.false(existsSync(path));
});

test('one that somebody else has taken meanwhile is not removed', (t) => {
  const path = join(workDir(t), 'a.pid');
  const remove = acquirePidfile(path);
  writeFileSync(path, '1\n');
  remove();
  t.is(readPid(path), 1);
});

test('stale ones are replaced: of a dead process, of a pid that was given to another, and rubbish', async (t) => {
  const path = join(workDir(t), 'a.pid');
  const dead = spawn('true');
  await once(dead, 'close');
  writeFileSync(path, `${dead.pid}\n`);
  acquirePidfile(path);
  t.is(readPid(path), process.pid);

  writeFileSync(path, `${process.ppid}\n`);
  utimesSync(path, 1, 1); // long before that process started
  acquirePidfile(path);
  t.is(readPid(path), process.pid);

  writeFileSync(path, 'rubbish');
  acquirePidfile(path);
  t.is(readPid(path), process.pid);
});

test('one of a process that runs is refused, and so is what is no plain file', (t) => {
  const dir = workDir(t);
  const path = join(dir, 'a.pid');
  writeFileSync(path, `${process.ppid}\n`);
  t.throws(() => acquirePidfile(path), { message: /in use/ });
  t.is(readPid(path), process.ppid);
  symlinkSync('elsewhere', join(dir, 'link.pid'));
  t.throws(() => acquirePidfile(join(dir, 'link.pid')), { message: /not ours/ });
  mkdirSync(join(dir, 'dir.pid'));
  t.throws(() => acquirePidfile(join(dir, 'dir.pid')), { message: /not ours/ });
  t.throws(() => acquirePidfile(join(dir, 'missing', 'a.pid')), { message: /cannot write/ });
  t.deepEqual(readdirSync(dir).sort(), ['a.pid', 'dir.pid', 'link.pid']);
});

test('a draft that a killed process of the same pid left behind is no obstacle', (t) => {
  const dir = workDir(t);
  const path = join(dir, 'a.pid');
  writeFileSync(`${path}.${process.pid}`, 'half');
  acquirePidfile(path)();
  t.deepEqual(readdirSync(dir), []);
});
