import { type ChildProcess, spawn } from 'node:child_process';
import { EventEmitter, once } from 'node:events';
import test from 'ava';
import { listenForExit } from '../../src/supervisor/listen-for-exit.js';
import { onLinux } from '../helpers/linux.js';

/** As the supervisor sees a worker whose channel is closed: what is asserted of it stands in `pid`. */
function childWith(pid: number): ChildProcess {
  const child = { pid, exitCode: null, signalCode: null, stdout: null, stderr: null };
  return Object.assign(new EventEmitter(), child) as unknown as ChildProcess;
}

/** What waits for an exit keeps no process alive: the test's own does, as the supervisor's sockets do. */
const alive = setInterval(() => undefined, 60_000);
test.after.always(() => clearInterval(alive));

function outcomeOf(child: ChildProcess): Promise<[number | null, string | null]> {
  return new Promise((resolve) => listenForExit(child, (code, signal) => resolve([code, signal])));
}

test.serial('one that has ended, and whose exit Node has yet to take, is reported with its code', async (t) => {
  if (!onLinux(t, '/proc/PID/comm')) return;
  // The shell becomes a program that takes the exit of no child, and its child ends behind that: a shell may take one itself.
  const behind = 'until grep -q sleep /proc/$PPID/comm; do :; done';
  const parent = spawn('sh', ['-c', `sh -c '${behind}' & echo $!; exec sleep 600`], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  t.teardown(() => parent.kill());
  const [line] = (await once(parent.stdout, 'data')) as [Buffer];
  const child = childWith(Number(line));
  const outcome = outcomeOf(child);
  child.emit('disconnect');
  // Two looks at it have found it, each of which would have ended it without its code: and each had Node wait for it again.
  await once(process, 'SIGCHLD');
  await once(process, 'SIGCHLD');
  child.emit('exit', 0, null);
  child.emit('close', 0, null);
  t.deepEqual(await outcome, [0, null]);
});

test.serial('one whose exit somebody else has taken is reported without a code', async (t) => {
  const gone = spawn('true');
  await once(gone, 'exit');
  const child = childWith(gone.pid ?? 0);
  const outcome = outcomeOf(child);
  child.emit('disconnect');
  t.deepEqual(await outcome, [null, null]);
});
