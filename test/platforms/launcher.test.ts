import { chmodSync, existsSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import test, { type ExecutionContext } from 'ava';
import { createLog } from '../../src/contract/log.js';
import type { Launch } from '../../src/platforms/pm2/ecosystem/pm2-field.js';
import { openAppOutput } from '../../src/platforms/pm2/launcher/app-output.js';
import { formatDate } from '../../src/platforms/pm2/launcher/dates.js';
import { openOwn, removeOwn } from '../../src/platforms/pm2/launcher/own-file.js';
import { launchedOf } from '../../src/platforms/pm2/launcher/starting.js';
import { findProgram, programOf } from '../../src/platforms/pm2/programs.js';
import { privateDir } from '../helpers/cluster.js';

const AT = new Date(2026, 0, 2, 3, 4, 5, 6);

for (const [format, text] of [
  ['YYYY-MM-DD HH:mm:ss.SSS', '2026-01-02 03:04:05.006'],
  ['YY M D H m s h hh', '26 1 2 3 4 5 3 03'],
  ['MMMM MMM dddd ddd d A a', 'January Jan Friday Fri 5 AM am'],
  ['[at] HH[h]', 'at 03h'],
  ['[YYYY', '[2026'],
  ['', ''],
] as const) {
  test(`log_date_format ${JSON.stringify(format)}`, (t) => t.is(formatDate(AT, format), text));
}

test('noon and midnight are twelve on a clock of twelve hours', (t) => {
  t.is(formatDate(new Date(2026, 0, 2, 0), 'h A'), '12 AM');
  t.is(formatDate(new Date(2026, 0, 2, 12), 'hh a'), '12 pm');
  t.is(formatDate(new Date(2026, 0, 2, 23), 'h A'), '11 PM');
  t.regex(formatDate(AT, 'Z ZZ'), /^[+-]\d\d:\d\d [+-]\d{4}$/);
});

/** The output of an app to files of a directory of its own, and what went to our own streams. */
function output(t: ExecutionContext, change: (dir: string) => Partial<Launch>, isTerminal = false) {
  const dir = privateDir(t);
  const own = { out: '', err: '' };
  const stream = (kind: 'out' | 'err') => ({
    isTerminal,
    write: (chunk: Buffer | string) => {
      own[kind] += chunk;
    },
    dropped: () => ({ lines: 0, bytes: 0 }),
  });
  const launch = { logMaxSize: undefined, ...change(dir) } as Launch;
  const err = stream('err');
  const log = createLog({ format: 'pretty', level: 'info', label: 'kf-cluster', sink: err.write });
  const made = openAppOutput('shop', launch, 'shop | ', { out: stream('out'), err, log, gap: String });
  const say = async (kind: 'out' | 'err', ...chunks: (string | Buffer)[]) => {
    const pipe = new PassThrough();
    made.follow(pipe, kind);
    for (const chunk of chunks) pipe.write(chunk);
    pipe.end();
    await new Promise((resolve) => pipe.once('close', resolve));
    made.close();
  };
  return { dir, own, say, made, read: (name: string) => readFileSync(join(dir, name), 'utf8') };
}

test('lines of an app go to its files and to the one of both, whole, however they were cut', async (t) => {
  const { say, read, own } = output(t, (dir) => ({
    ...{ out: join(dir, 'a', 'out.log'), err: join(dir, 'a', 'err.log'), combined: join(dir, 'all.log') },
  }));
  await say('out', 'on', 'e\ntwo\nlast without an end');
  const euro = Buffer.from('€\n');
  await say('err', euro.subarray(0, 1), euro.subarray(1));
  t.is(read('a/out.log'), 'one\ntwo\nlast without an end\n');
  t.is(read('a/err.log'), '€\n');
  t.is(read('all.log'), 'one\ntwo\nlast without an end\n€\n');
  t.deepEqual(own, { out: '', err: '' });
});

test('without a file it goes to our own stream with the name in front; where none is wanted, nowhere', async (t) => {
  const { say, own } = output(t, () => ({ err: null }));
  await say('out', 'a\nb\n');
  await say('err', 'x\n');
  t.deepEqual(own, { out: 'shop | a\nshop | b\n', err: '' });
});

test('on a terminal nothing of an app steers it', async (t) => {
  const { say, own } = output(t, () => ({}), true);
  await say('out', '\u001b[2Jx\n');
  t.is(own.out, 'shop | \\x1b[2Jx\n');
});

test('the form of pm2: a date in front, or a record of JSON', async (t) => {
  const dated = output(t, () => ({ dateFormat: '[then]' }));
  await dated.say('out', 'a\n');
  t.is(dated.own.out, 'shop | then: a\n');
  const json = output(t, (dir) => ({ out: join(dir, 'o'), json: true }));
  await json.say('out', 'a "b"\n');
  t.like(JSON.parse(json.read('o')), { message: 'a "b"\n', type: 'out', app_name: 'shop' });
});

test('a file that cannot be opened is said, and its lines go to our own stream', async (t) => {
  const { say, own } = output(t, (dir) => {
    writeFileSync(join(dir, 'f'), '');
    return { out: join(dir, 'f', 'out.log') };
  });
  await say('out', 'a\n');
  t.is(own.out, 'shop | a\n');
  t.regex(own.err, /cannot write .*ENOTDIR|cannot write .*EEXIST/);
});

test('a line without an end is passed on when it has a mebibyte', async (t) => {
  const { say, own } = output(t, () => ({}));
  await say('out', 'x'.repeat(700_000), 'x'.repeat(700_000), 'y\n');
  t.is(own.out.length, 1_400_000 + 2 * 'shop | \n'.length + 1);
});

test('files are opened anew, as after a rotation', async (t) => {
  const { say, made, dir, read } = output(t, (at) => ({ out: join(at, 'o') }));
  await say('out', 'a\n');
  const { renameSync } = process.getBuiltinModule('node:fs');
  renameSync(join(dir, 'o'), join(dir, 'o.1'));
  made.reopen();
  await say('out', 'b\n');
  t.deepEqual([read('o.1'), read('o')], ['a\n', 'b\n']);
});

test('a file of an app is appended to or replaced, its directory made; what is no file is refused', (t) => {
  const dir = privateDir(t);
  const { closeSync, writeSync } = process.getBuiltinModule('node:fs');
  const file = join(dir, 'a', 'b', 'f');
  for (const [mode, text] of [
    ['append', 'one'],
    ['append', 'two'],
    ['replace', 'x'],
  ] as const) {
    const fd = openOwn(file, mode, {});
    writeSync(fd, text);
    closeSync(fd);
  }
  t.is(readFileSync(file, 'utf8'), 'x');
  t.notThrows(() => closeSync(openOwn('/dev/null', 'append', {})));
  t.throws(() => openOwn(dir, 'append', {}));
  removeOwn(file, {});
  removeOwn(file, {});
  t.false(existsSync(file));
});

test('what a launcher reports is known from anything else that may come', (t) => {
  t.deepEqual(launchedOf({ 'kf-cluster-launched': [{ name: 'a' }] }), [{ name: 'a' }]);
  for (const other of [null, 'ready', {}, { 'kf-cluster-launched': 'x' }, []]) t.is(launchedOf(other), undefined);
});

/** Programs and scripts of a directory of its own, which is all of PATH. */
function programs(t: ExecutionContext) {
  const dir = privateDir(t);
  const file = (name: string, text: string, mode = 0o644) => {
    mkdirSync(join(dir, 'bin'), { recursive: true });
    const path = join(dir, name);
    writeFileSync(path, text);
    chmodSync(path, mode);
    return path;
  };
  const ask = (script: string, interpreter?: string, interpreterArgs: string[] = []) =>
    programOf({ script, interpreter, interpreterArgs, cwd: dir, path: `relative:${join(dir, 'bin')}` });
  return { dir, file, ask };
}

test('a script runs by its ending, its interpreter, or its own first line; one of Node is left to Node', (t) => {
  const { dir, file, ask } = programs(t);
  const python = file('bin/python3', '', 0o755);
  file('a.py', '');
  file('a.js', '#!/usr/bin/python\n', 0o755);
  file('node', '#!/usr/bin/env node\n', 0o755);
  const run = file('run', '#!/bin/sh\n', 0o755);
  file('cannot', '#!/bin/sh\n');
  file('text', 'no first line\n');
  t.deepEqual(ask('a.py'), { command: [python], script: join(dir, 'a.py') });
  t.deepEqual(ask('text', 'python3', ['-u']), { command: [python, '-u'], script: join(dir, 'text') });
  t.deepEqual(ask('run'), { command: [], script: run });
  for (const ofNode of ['a.js', 'node', 'text', 'none.js', 'none']) t.is(ask(ofNode), undefined, ofNode);
  t.regex(String(ask('cannot')), /may not be executed: chmod/);
  t.regex(String(ask('text', 'ruby')), /there is no ruby in PATH/);
});

test('interpreter none is a program by its path or its name', (t) => {
  const { file, ask } = programs(t);
  const tool = file('bin/tool', '', 0o755);
  file('plain', '');
  t.deepEqual(ask('tool', 'none'), { command: [], script: tool });
  t.deepEqual(ask('bin/tool', 'none'), { command: [], script: tool });
  t.regex(String(ask('none', 'none')), /no program none/);
  t.regex(String(ask('plain', 'none')), /may not be executed/);
});

test('several words are a command of the shell, if the first one is a program; what package managers start is read further', (t) => {
  const { file, ask } = programs(t);
  file('bin/tool', '', 0o755);
  file('bin/npm', '', 0o755);
  file('bin/node', '', 0o755);
  t.like(ask('tool --port 1'), { command: ['/bin/sh', '-c'], script: 'tool --port 1' });
  t.like(ask("node -e '1'"), { script: "node -e '1'" });
  for (const further of ['npm start', 'node app.js', 'tool', 'other --x', '']) t.is(ask(further), undefined, further);
});

test('a program is an executable file, and never a directory or what PATH names relatively', (t) => {
  const { dir, file } = programs(t);
  const tool = file('bin/tool', '', 0o755);
  mkdirSync(join(dir, 'bin', 'folder'));
  symlinkSync(tool, join(dir, 'bin', 'link'));
  const path = join(dir, 'bin');
  t.is(findProgram('tool', dir, path), tool);
  t.is(findProgram('link', dir, path), join(path, 'link'));
  t.deepEqual(
    [findProgram('folder', dir, path), findProgram('tool', dir, 'bin'), findProgram('tool', dir)],
    [undefined, undefined, undefined],
  );
  t.is(findProgram('./bin/tool', dir), tool);
});
