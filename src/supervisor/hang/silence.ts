import { spawn } from 'node:child_process';

/**
 * A shell that compares the line of the signs of life with what it was a while ago, and says so when a letter of it is the
 * same: a worker that gives no more. While all do nothing wakes the primary, and at rest it is 0.2 MB of memory and one
 * `sleep` for each look. It ends with the primary. Signals for the whole process group are none of its business.
 */
const SHELL = `trap "" HUP INT QUIT TERM
trap exit USR1
while sleep "$1"; do
  kill -0 "$2" 2>/dev/null || exit
  IFS= read -r now </proc/self/fd/3 || exit
  a=$now
  b=$was
  while [ -n "$a" ] && [ -n "$b" ]; do
    case \${a%"\${a#?}"} in
      -) ;;
      \${b%"\${b#?}"}) echo; break ;;
    esac
    a=\${a#?}
    b=\${b#?}
  done
  was=$now
done`;

/** The shell is not started while the first workers boot, in milliseconds: they need the cores. */
const START_AFTER = 500;

/**
 * Calls back now and then while some worker gives no sign of life: for the first time when it has given none for one to two
 * times `everyMs`. Where there is no such shell it calls back every time, by a timer.
 *
 * @param signsFd the file with the signs of life
 * @returns what ends it
 */
export function onSilence(signsFd: number, everyMs: number, callback: () => void): () => void {
  let end: () => void = () => undefined;
  let ended = false;
  const byTimer = () => {
    if (ended) return;
    const timer = setInterval(callback, everyMs).unref();
    end = () => clearInterval(timer);
  };
  const byShell = () => {
    if (ended) return;
    try {
      start();
    } catch {
      byTimer(); // the system has no process or descriptor left
    }
  };
  const start = () => {
    const args = ['-c', SHELL, 'kf-cluster-signs', (everyMs / 1_000).toFixed(3), String(process.pid)];
    const shell = spawn('/bin/sh', args, {
      cwd: '/',
      env: { PATH: process.env.PATH ?? '/usr/bin:/bin' },
      stdio: ['ignore', 'pipe', 'ignore', signsFd],
      detached: true, // a group of its own, to be ended with its `sleep`
    });
    shell.stdout?.on('data', () => ended || callback());
    const kill = () => void (shell.pid && killGroup(shell.pid));
    process.once('exit', kill);
    shell.once('exit', () => process.off('exit', kill));
    shell.once('error', byTimer);
    shell.once('exit', byTimer);
    shell.unref();
    const stdout: (typeof shell.stdout & { unref?(): void }) | null = shell.stdout;
    stdout?.unref?.();
    // It ends behind its `sleep`, and takes it along: as PID 1 this process would be left with a zombie for each.
    end = () => void shell.kill('SIGUSR1');
  };
  const later = setTimeout(byShell, START_AFTER).unref();
  end = () => clearTimeout(later);
  return () => {
    ended = true;
    end();
  };
}

function killGroup(pid: number): void {
  try {
    process.kill(-pid, 'SIGKILL');
  } catch {
    // It has ended by itself.
  }
}
