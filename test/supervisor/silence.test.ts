import { closeSync, openSync, readFileSync, writeFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { onSilence } from '../../src/supervisor/hang/silence.js';
import { privateDir } from '../helpers/cluster.js';
import { onLinux } from '../helpers/linux.js';

const EVERY = 40;
/** So many that no look comes upon the same one by chance. */
const LETTERS = 'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789';

/** A file with this line of the signs of life. */
function signs(t: ExecutionContext, line: string) {
  const path = join(privateDir(t), 'signs');
  writeFileSync(path, `${line}\n`);
  const fd = openSync(path, 'r+');
  t.teardown(() => closeSync(fd));
  return { fd, beat: (worker: number, letter: string) => void writeSync(fd, letter, worker) };
}

// Nothing of a watch keeps a process alive.
const kept = setInterval(() => undefined, 1_000);
test.after(() => clearInterval(kept));

/** Watches until the test ends it, and settles with each further call. */
function watching(t: ExecutionContext, fd: number) {
  let calls = 0;
  let next: () => void = () => undefined;
  const end = onSilence(fd, EVERY, () => {
    calls += 1;
    next();
  });
  t.teardown(end);
  return {
    end,
    calls: () => calls,
    called: () =>
      new Promise<void>((resolve) => {
        next = resolve;
      }),
  };
}

/** The processes of this one that look at the signs of life. */
function shells(): string[] {
  const children = readFileSync(`/proc/self/task/${process.pid}/children`, 'utf8').split(' ').filter(Boolean);
  return children.filter((pid) => commandOf(pid).includes('kf-cluster-signs'));
}

function commandOf(pid: string): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8');
  } catch {
    return ''; // it has ended since
  }
}
const turn = () => new Promise((resolve) => setTimeout(resolve, 5));

test.serial(
  'a worker whose letter stays is told, again and again, by one small process that ends with the watch',
  async (t) => {
    if (!onLinux(t, '/proc/self/fd')) return;
    const { fd } = signs(t, '--a--');
    const watch = watching(t, fd);
    t.deepEqual(shells(), [], 'the first workers boot first');
    await watch.called();
    await watch.called();
    t.is(shells().length, 1);
    watch.end();
    const calls = watch.calls();
    while (shells().length > 0) await turn();
    t.is(watch.calls(), calls);
  },
);

test.serial(
  'while each letter changes and where none is, nobody is told; the one that stops is seen beside one that goes on',
  async (t) => {
    if (!onLinux(t, '/proc/self/fd')) return;
    const { fd, beat } = signs(t, '-ab-');
    let beats = 0;
    let [last, widest] = [performance.now(), 0];
    let stopped = false;
    const beating = setInterval(() => {
      const now = performance.now();
      [last, widest] = [now, Math.max(widest, now - last)];
      const letter = LETTERS[beats++ % LETTERS.length] ?? '';
      beat(1, letter);
      if (!stopped) beat(2, letter);
    }, 5);
    t.teardown(() => clearInterval(beating));
    const watch = watching(t, fd);
    while (shells().length === 0) await turn();
    const begun = beats;
    while (beats < begun + 60) await turn();
    // Where the machine held this process up for a whole look there was silence.
    t.true(watch.calls() === 0 || widest >= EVERY, `called ${watch.calls()} times`);
    const before = watch.calls();
    stopped = true;
    await watch.called();
    t.true(watch.calls() > before);
  },
);

test.serial('a watch that ends before its process is started starts none', async (t) => {
  if (!onLinux(t, '/proc/self/fd')) return;
  const { fd } = signs(t, 'a');
  const watch = watching(t, fd);
  const other = watching(t, fd);
  watch.end();
  await other.called();
  t.is(shells().length, 1);
  t.is(watch.calls(), 0);
});

test.serial(
  'where the system starts no such process a timer calls back instead, and ends with the watch',
  async (t) => {
    if (!onLinux(t, '/proc/self/fd')) return;
    const { fd } = signs(t, '---');
    const { PATH } = process.env;
    t.teardown(() => {
      process.env.PATH = PATH;
    });
    process.env.PATH = `/usr/bin:/bin:${'x'.repeat(1 << 20)}`; // E2BIG
    const watch = watching(t, fd);
    const other = watching(t, fd);
    await watch.called();
    await watch.called();
    t.deepEqual(shells(), []);
    watch.end();
    const calls = watch.calls();
    await other.called();
    await other.called();
    t.is(watch.calls(), calls);
  },
);

test.serial('a process that is killed from outside is replaced by the timer', async (t) => {
  if (!onLinux(t, '/proc/self/fd')) return;
  const { fd } = signs(t, '---');
  const watch = watching(t, fd);
  while (shells().length === 0) await turn();
  process.kill(Number(shells()[0]), 'SIGKILL');
  await watch.called();
  t.deepEqual(shells(), []);
});
