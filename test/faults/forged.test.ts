import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { fixture } from '../helpers/cluster.js';
import { PRETTY, session, workDir } from '../helpers/control.js';
import '../helpers/json-log.js';
import { until } from '../helpers/spool.js';
import { onTerminal } from '../helpers/terminal.js';

const FORGES = ['start', fixture('faults/forges.cjs'), '-w', '1', '--no-telemetry'];
/** What is left of the third line: its colours. */
const HARMLESS = '\u001b[31mred\u001b[0m \\x1b[2J\\x1b]0;title\\x07\\x0dover\\u202etxt';

test('on a terminal each line of an app carries its worker, and nothing in it steers the terminal', async (t) => {
  const terminal = onTerminal(t, ['kf-cluster', ...FORGES]);
  if (!terminal) return;
  await terminal.line(/ready: 1 worker/);
  await terminal.line(/0 \| said/);
  const lines = terminal.lines.map((line) => line.replace(/\r$/, ''));
  t.is(lines.filter((line) => line.includes(HARMLESS)).length, 2);
  for (const line of lines.filter((one) => /stopped code|forged/.test(one))) t.regex(line, /^0 \| /);
  const plain = lines.map((line) => line.replaceAll(/\p{Cc}\[[\d;]*m/gu, ''));
  t.false(
    plain.some((line) => /[\p{Cc}\u202e]/u.test(line)),
    'colours are all there is',
  );
  terminal.order('close');
  t.is(await terminal.ended(), 0);
});

test('in a file the same, but raw; logs shows it harmlessly, and says itself who speaks', async (t) => {
  const { start, run } = session(t, PRETTY);
  const file = join(workDir(t), 'x.log');
  const cluster = start([...FORGES, '--log-file', file]);
  await until(() => existsSync(file) && /said/.test(readFileSync(file, 'utf8')));
  const shown = (await run('logs')).stdout;
  t.is(shown.split(HARMLESS).length - 1, 2);
  for (const line of shown.split('\n').filter((one) => /stopped code|forged/.test(one))) t.regex(line, /^\S+ 0 \| /);
  t.regex(shown, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}[+-]\d\d:\d\d \[kf-cluster\] ready: 1 worker/m);
  t.is((await run('logs', '--lines', '2', '--worker', '0')).stdout.trimEnd().split('\n').length, 2);
  t.is((await run('logs', '--lines', 'all')).code, 2);
  cluster.kill('SIGTERM');
  t.is((await cluster.exit).code, 0);
  t.true(readFileSync(file, 'utf8').includes('\u001b]0;title\u0007'));
});
