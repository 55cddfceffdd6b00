import test from 'ava';
import { BIN, fixture, NODE, watch } from '../helpers/cluster.js';
import { get } from '../helpers/http.js';
import '../helpers/json-log.js';
import { onLinux } from '../helpers/linux.js';

/** Runs a program that may have only so many open files. */
const limited = (files: number, ...args: string[]): string[] => [`--nofile=${files}`, NODE, ...args];

test('a primary without descriptors forks from its reserve, then backs off, and forks when there are some', async (t) => {
  if (!onLinux(t, 'prlimit')) return;
  const program = watch(t, 'prlimit', limited(128, fixture('faults/descriptors.mjs')), { stdin: true });
  const [, port = ''] = await program.line(/^listening (\d+)/);
  await program.line(/^started/);
  const exit = () => get(port, '/exit').catch((error) => t.is(error.code, 'ECONNRESET'));
  program.process.stdin?.write('take\n');
  await program.line(/^refused EMFILE/);
  await exit();
  await program.eventTimes('worker-ready', 3); // out of the reserve
  await exit();
  await program.event('worker-exit', { reason: 'fork-failed' });
  await program.line(/error FORK_FAILED: a worker cannot be started/);
  await program.line(/why: spawn .* EMFILE/);
  await program.line(/fix: Raise the limit of open files/);
  await program.eventTimes('worker-exit', 4, { reason: 'fork-failed' }); // --max-restarts is 2: what the system refuses does not count
  program.process.stdin?.write('give\n');
  await program.eventTimes('worker-ready', 4);
  program.process.stdin?.end('stop\n');
  t.is((await program.exit).code, 0);
});

test('a start that may open too few files ends with the reason, not with a stack', async (t) => {
  if (!onLinux(t, 'prlimit')) return;
  const args = ['start', fixture('apps/http.cjs'), '-w', '1', '--no-telemetry', '--no-control'];
  const cluster = watch(t, 'prlimit', limited(26, BIN, ...args));
  t.is((await cluster.exit).code, 70);
  t.regex(cluster.stderr(), /error FORK_FAILED: a worker cannot be started\n {2}why: spawn .* EMFILE\n {2}fix: Raise/);
  t.notRegex(cluster.stderr(), /\n {4,}at |Mend the error of the app/);
});
