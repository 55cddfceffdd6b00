import { execFileSync } from 'node:child_process';
import {
  appendFileSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  truncateSync,
} from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { cannotWrite, type LogFileParts, openLogFile } from '../../src/system/log-file.js';
import { workDir } from '../helpers/control.js';

/** A log file on a clock and timers of the test's own. */
function logFile(path: string, more: Partial<LogFileParts> = {}) {
  const told: string[] = [];
  const timers = new Set<() => void>();
  let clock = 0;
  const file = openLogFile({
    path,
    maxSize: undefined,
    gap: (lines, why) => `gap ${lines}: ${why}\n`,
    onProblem: (problem) => told.push(problem),
    onMended: (dropped) => told.push(`mended, ${dropped} dropped`),
    now: () => clock,
    timer: (_delay, callback) => {
      timers.add(callback);
      return () => timers.delete(callback);
    },
    ...more,
  });
  return {
    ...file,
    told,
    pass: (ms: number) => {
      clock += ms;
      for (const callback of [...timers]) callback();
    },
  };
}

test('a file that would grow too large is renamed, and the one before it goes', (t) => {
  const dir = workDir(t);
  const path = join(dir, 'a.log');
  const { write } = logFile(path, { maxSize: 10 });
  for (const line of ['one\n', 'two\n', 'three\n', 'four\n', 'far too long for it\n']) write(line);
  t.is(readFileSync(path, 'utf8'), 'far too long for it\n');
  t.is(readFileSync(`${path}.1`, 'utf8'), 'four\n');
  t.deepEqual(readdirSync(dir).sort(), ['a.log', 'a.log.1']);
});

test('it appends to what is there, and counts it', (t) => {
  const path = join(workDir(t), 'a.log');
  logFile(path, { maxSize: 10 }).write('12345678');
  logFile(path, { maxSize: 10 }).write(Buffer.from('90ab'));
  t.is(readFileSync(`${path}.1`, 'utf8'), '12345678');
  t.is(readFileSync(path, 'utf8'), '90ab');
});

test('what a link names is rotated, not the link', (t) => {
  const dir = workDir(t);
  symlinkSync('real.log', join(dir, 'a.log'));
  const { write } = logFile(join(dir, 'a.log'), { maxSize: 4 });
  for (const line of ['one\n', 'two\n']) write(line);
  t.deepEqual(readdirSync(dir).sort(), ['a.log', 'real.log', 'real.log.1']);
  t.is(readFileSync(join(dir, 'a.log'), 'utf8'), 'two\n');
});

test('a file that others moved away and made anew is noticed', (t) => {
  const path = join(workDir(t), 'a.log');
  const { write, pass } = logFile(path);
  write('one\n');
  renameSync(path, `${path}.old`);
  appendFileSync(path, '');
  pass(300);
  write('two\n');
  t.is(readFileSync(`${path}.old`, 'utf8'), 'one\n');
  t.is(readFileSync(path, 'utf8'), 'two\n');
});

test('a file that is gone is made anew, but not before others had time to make it', (t) => {
  const dir = workDir(t);
  const path = join(dir, 'a.log');
  const { write, pass } = logFile(path);
  rmSync(path);
  pass(300);
  write('lost with the file\n');
  t.deepEqual(readdirSync(dir), []);
  pass(300);
  write('two\n');
  t.is(readFileSync(path, 'utf8'), 'two\n');
});

test('a file that was truncated starts at its beginning, and counts from there', (t) => {
  const path = join(workDir(t), 'a.log');
  const { write, pass } = logFile(path, { maxSize: 10 });
  write('12345678');
  truncateSync(path);
  pass(300);
  write('90ab');
  t.is(readFileSync(path, 'utf8'), '90ab');
});

test('a file that cannot be renamed grows, which is told once, and is tried again', (t) => {
  const path = join(workDir(t), 'a.log');
  mkdirSync(join(`${path}.1`, 'in the way'), { recursive: true });
  const { write, told, problem } = logFile(path, { maxSize: 4 });
  for (const line of ['one\n', 'two\n', 'six\n']) write(line);
  t.is(readFileSync(path, 'utf8'), 'one\ntwo\nsix\n');
  t.is(told.length, 1);
  t.regex(problem() ?? '', /cannot rename .*a\.log, so it grows/);
  rmSync(`${path}.1`, { recursive: true });
  write('ten\n');
  t.is(readFileSync(path, 'utf8'), 'ten\n');
  t.is(problem(), undefined);
});

test('reopen opens the path anew at once', (t) => {
  const path = join(workDir(t), 'a.log');
  const { write, reopen } = logFile(path);
  write('one\n');
  renameSync(path, `${path}.old`);
  reopen();
  write('two\n');
  t.is(readFileSync(path, 'utf8'), 'two\n');
});

test('a full disk: a bounded amount waits, the rest is dropped and counted, and the file says so', (t) => {
  const dir = workDir(t);
  const path = join(dir, 'a.log');
  symlinkSync('/dev/full', path);
  const { write, pass, told, problem, dropped, waiting } = logFile(path);
  for (let line = 0; line < 30; line++) write(`${line} ${'x'.repeat(100_000)}\n`);
  pass(1_000);
  t.is(told.length, 1);
  t.regex(problem() ?? '', /cannot write .*ENOSPC/);
  t.true(waiting().length <= 1_048_576);
  rmSync(path);
  appendFileSync(path, '');
  pass(1_000);
  const lines = readFileSync(path, 'utf8').trimEnd().split('\n');
  t.is(lines.length - 1 + dropped().lines, 30);
  t.regex(lines.at(-1) ?? '', new RegExp(`^gap ${dropped().lines}: cannot write .*ENOSPC`));
  t.is(problem(), undefined);
  t.deepEqual(told.slice(1), [`mended, ${dropped().lines} dropped`]);
  t.is(waiting(), '');
});

test('a FIFO that nobody reads blocks nobody', (t) => {
  const path = join(workDir(t), 'a.fifo');
  execFileSync('mkfifo', [path]);
  const { write, problem, told } = logFile(path);
  write('one\n');
  t.regex(problem() ?? '', /ENXIO/);
  t.is(told.length, 1);
});

test('what is to be done about a log file is the right thing for its cause: another file, or room on the disk', (t) => {
  const fixOf = (code: string) => cannotWrite('/var/log/app.log', Object.assign(new Error(code), { code })).fix;
  for (const code of ['EACCES', 'EISDIR', 'ENOENT', 'EROFS']) t.regex(fixOf(code), /--log-file/, code);
  t.regex(fixOf('ENOSPC'), /Free the disk/);
  t.regex(fixOf('EMFILE'), /ulimit -n/);
  t.notRegex(fixOf('EAGAIN'), /processes/);
});
