import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import type { Config } from '../../src/config/types.js';
import { KfError } from '../../src/contract/errors.js';
import { openLogOutput } from '../../src/run/log-output.js';
import { privateDir } from '../helpers/cluster.js';
import { CONFIG } from '../supervisor/scripted-ports.js';

function output(t: ExecutionContext, change: Partial<Config> = {}) {
  const logFile = join(privateDir(t), 'kf.log');
  const made = openLogOutput({ ...CONFIG, logFile, ...change });
  return { ...made, logFile, read: () => readFileSync(logFile, 'utf8') };
}

const STAMP = String.raw`\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}[+-]\d\d:\d\d`;

test('in a file each line has its time, those of workers their slot, and all is one file', (t) => {
  const { log, sink, form, say, read, ring, pipeStdout, state, logFile } = output(t);
  log.info('ready');
  const { front, show } = form(3, 'stdout') ?? t.fail() ?? { front: () => '', show: (text: string) => text };
  sink.out(`${front()}${show('\u001b[31mred')}\n`);
  sink.err('as it came\n');
  say('error X: a\n  why: b\n');
  const lines = read().split('\n');
  t.regex(lines[0] ?? '', new RegExp(`^${STAMP} \\[kf-cluster\\] ready$`));
  t.regex(lines[1] ?? '', new RegExp(`^${STAMP} 3 \\| \u001b\\[31mred$`), 'a file keeps what an app has written');
  t.is(lines[2], 'as it came');
  t.regex(lines[3] ?? '', new RegExp(`^${STAMP} error X: a$`));
  t.regex(lines[4] ?? '', new RegExp(`^${STAMP} {3}why: b$`));
  t.is(lines.length, 6);
  t.true(pipeStdout);
  t.is(ring.lines().at(-1)?.text, '[kf-cluster] ready');
  t.deepEqual(state(), { file: logFile, problem: undefined, dropped: { lines: 0, bytes: 0 } });
});

test('without times, and as JSON, which has its own', (t) => {
  const plain = output(t, { logTime: 'never' });
  plain.log.warn('a');
  t.is(plain.read(), '[kf-cluster] warn: a\n');
  t.is(plain.form(0, 'stderr')?.front(), '0 | ');
  const json = output(t, { logFormat: 'json' });
  json.log.warn('a');
  t.like(JSON.parse(json.read()), { level: 'warn', msg: 'a', logger: 'kf-cluster' });
});

test('a file is opened anew under its name, and what cannot be is an error that leaves the open one', (t) => {
  const { log, read, reopen, logFile } = output(t, { logTime: 'never' });
  const { renameSync, mkdirSync } = process.getBuiltinModule('node:fs');
  log.info('one');
  renameSync(logFile, `${logFile}.1`);
  t.is(reopen(), logFile);
  log.info('two');
  t.is(read(), '[kf-cluster] two\n');
  renameSync(logFile, `${logFile}.2`);
  mkdirSync(logFile);
  t.is(t.throws(reopen, { instanceOf: KfError }).code, 'LOG_FILE');
  log.info('three');
  t.regex(readFileSync(`${logFile}.2`, 'utf8'), /two\n\[kf-cluster\] three\n/);
});

test('lines that followers missed are counted with those that were dropped', (t) => {
  const { ring, state } = output(t);
  ring.miss(3, 30);
  t.deepEqual(state().dropped, { lines: 3, bytes: 30 });
});

test('a file that never can be opened is an error of the start', (t) => {
  t.is(t.throws(() => output(t, { logFile: '/proc/none/x' }), { instanceOf: KfError }).code, 'LOG_FILE');
});
