import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { gzipSync } from 'node:zlib';
import test, { type ExecutionContext } from 'ava';
import { holdFiles, holdFilesOf, workerFile } from '../../src/system/held-files.js';
import { privateDir } from '../helpers/cluster.js';
import { keptLog } from '../supervisor/kept-log.js';

/** A package directory with two files, and both in its pack. */
function installed(t: ExecutionContext) {
  const here = `${join(privateDir(t), 'bundle')}/`;
  const install = (build: string) => {
    mkdirSync(here, { recursive: true });
    const files = { 'worker.js': `worker of ${build}`, 'reader.js': `reader of ${build}` };
    for (const [name, text] of Object.entries(files)) writeFileSync(join(here, name), text);
    writeFileSync(join(here, 'held.gz'), gzipSync(JSON.stringify(files)));
  };
  install('one');
  const { log, lines } = keptLog();
  const held = holdFilesOf(here, log);
  let ended = false;
  const letGo = () => {
    if (!ended) held.letGo();
    ended = true;
  };
  t.teardown(letGo);
  const text = (name: string) => readFileSync(held.file(name), 'utf8');
  return { here, held, install, letGo, lines, text };
}

test('for as long as the package is that build its own files are taken, and nothing is unpacked', (t) => {
  const { here, held, lines } = installed(t);
  t.is(held.file('worker.js'), join(here, 'worker.js'));
  t.is(held.file('reader.js'), join(here, 'reader.js'));
  t.deepEqual(lines(), []);
});

test('a package that was removed is gone on with, from one copy for this user alone, and it is said once', (t) => {
  const { here, held, lines, text, letGo } = installed(t);
  rmSync(here, { recursive: true });
  t.is(text('worker.js'), 'worker of one');
  t.is(text('reader.js'), 'reader of one');
  const copy = dirname(held.file('worker.js'));
  t.is(copy, dirname(held.file('reader.js')));
  t.is(statSync(copy).mode & 0o777, 0o700);
  t.is(statSync(join(copy, 'worker.js')).mode & 0o777, 0o600);
  t.is(lines().length, 1);
  t.like(lines()[0], { level: 'warn', copy });
  letGo();
  t.false(existsSync(copy), 'the copy goes with the supervisor');
});

test('a package that another build has replaced does not mix with it', (t) => {
  const { here, install, text } = installed(t);
  renameSync(here, `${here.slice(0, -1)}.old`);
  install('two');
  t.is(text('worker.js'), 'worker of one');
});

test('one file that is gone from the package is taken from the copy, the others too', (t) => {
  const { here, text } = installed(t);
  rmSync(join(here, 'reader.js'));
  t.is(text('reader.js'), 'reader of one');
  t.is(text('worker.js'), 'worker of one');
});

test('the same build that is put back is taken again', (t) => {
  const { here, held } = installed(t);
  const aside = `${here.slice(0, -1)}.aside`;
  renameSync(here, aside);
  t.not(held.file('worker.js'), join(here, 'worker.js'));
  renameSync(aside, here);
  t.is(held.file('worker.js'), join(here, 'worker.js'));
});

test('a copy that somebody has cleaned away is made again', (t) => {
  const { here, held, lines, text } = installed(t);
  rmSync(here, { recursive: true });
  const first = dirname(held.file('worker.js'));
  rmSync(first, { recursive: true });
  t.is(text('worker.js'), 'worker of one');
  t.not(dirname(held.file('worker.js')), first);
  t.is(lines().length, 2);
});

test('written over in place there is no copy any more: that is an error with what to do, and the new file is taken', (t) => {
  const { here, held, install, lines } = installed(t);
  install('a build of another size');
  t.is(held.file('worker.js'), join(here, 'worker.js'));
  t.like(lines()[0], { level: 'error' });
  t.not(lines()[0]?.fix, undefined);
});

test('what cannot be held is the error of the system, and nothing stays open', (t) => {
  const { log } = keptLog();
  t.throws(() => holdFilesOf(`${privateDir(t)}/`, log), { code: 'ENOENT' });
});

test('outside of a bundle nothing is held, and each file stands beside this one', (t) => {
  const { log, lines } = keptLog();
  const letGo = holdFiles(log);
  t.true(workerFile('worker.js').endsWith('/dist/src/system/worker.js'));
  letGo();
  letGo();
  t.deepEqual(lines(), []);
});
