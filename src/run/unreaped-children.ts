import { readFileSync } from 'node:fs';
import type { Log } from '../contract/log.js';
import { eventLog } from '../contract/log-events.js';
import type { Supervisor } from '../supervisor/supervisor.js';

const FIX =
  'Let an init be PID 1: docker run --init, init: true in a compose file, tini in the image. See docs/SIGNALS.md';

/**
 * As PID 1 of a container this process inherits every process whose own parent has ended, and only the kernel's wait() takes
 * such a one off the process table. Node waits for those it has started itself, and has no call for others: so it is logged,
 * at the start and whenever a worker has ended and there are twice as many as before.
 */
export function watchOrphans(supervisor: Supervisor, log: Log): void {
  if (process.pid !== 1) return;
  eventLog(log, 'runs-as-pid-1').info('this is PID 1, and Node does not reap the orphans of others', { fix: FIX });
  let warnedOf = 0;
  supervisor.on('notification', ({ type }) => {
    if (type !== 'worker-exit') return;
    const zombies = strangers(new Set(supervisor.status().workers.map(({ pid }) => pid))).length;
    if (zombies < Math.max(1, 2 * warnedOf)) return;
    warnedOf = zombies;
    eventLog(log, 'unreaped-children', { children: zombies }).warn(
      `${zombies} ${zombies === 1 ? 'process that has ended stays' : 'processes that have ended stay'} in the process table`,
      { fix: FIX },
    );
  });
}

/** Our children that have ended and that nobody waits for. */
function strangers(own: ReadonlySet<number | undefined>): number[] {
  const children = read('/proc/1/task/1/children').split(' ').map(Number);
  return children.filter(
    (pid) => pid > 0 && !own.has(pid) && /^Z/.test(read(`/proc/${pid}/stat`).replace(/^.*\) /s, '')),
  );
}

/** Empty where there is nothing to read: the process has been reaped, or the kernel does not list children. */
function read(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}
