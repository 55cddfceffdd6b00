import test from 'ava';
import { watchOutOfMemory } from '../../src/supervisor/out-of-memory.js';

const MB = 1_048_576;
const LIMIT = { bytes: 256 * MB, file: '/sys/fs/cgroup/memory.max' };

/** The files of one control group, which the kernel rewrites. */
function group(texts: Record<string, string>) {
  return { texts, readText: (path: string): string | undefined => texts[path] };
}

const events = (kills: number) => `low 0\nhigh 0\nmax 7\noom ${kills}\noom_kill ${kills}\noom_group_kill 0\n`;

test('version 2: a kill is told once, with its figures; what was before is none of ours', (t) => {
  const file = '/sys/fs/cgroup/app/memory.events';
  const { texts, readText } = group({
    '/proc/self/cgroup': '0::/app\n',
    [file]: events(3),
    '/sys/fs/cgroup/app/memory.peak': String(255 * MB),
  });
  const look = watchOutOfMemory(LIMIT, readText);
  t.is(look(), undefined);
  texts[file] = events(4);
  t.deepEqual(look(), { limit: 256 * MB, peak: 255 * MB, file });
  t.is(look(), undefined);
});

test('version 1 counts in memory.oom_control', (t) => {
  const file = '/sys/fs/cgroup/memory/memory.oom_control';
  const { texts, readText } = group({ '/proc/self/cgroup': '4:memory:/docker/x\n', [file]: 'oom_kill 0\n' });
  const look = watchOutOfMemory(undefined, readText);
  texts[file] = 'oom_kill_disable 0\nunder_oom 0\noom_kill 1\n';
  t.deepEqual(look(), { limit: undefined, peak: undefined, file });
});

test('without control groups nothing is told', (t) => {
  t.is(watchOutOfMemory(undefined, () => undefined)(), undefined);
});
