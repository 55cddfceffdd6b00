import test from 'ava';
import { type OutOfMemoryPorts, watchOutOfMemory } from '../../src/supervisor/out-of-memory.js';

const MB = 1_048_576;
const LIMIT = { bytes: 256 * MB, file: '/sys/fs/cgroup/memory.max' };

/** The files of one control group, which the kernel rewrites. */
function group(texts: Record<string, string>) {
  const system = { texts, time: 0, changed: () => undefined as void };
  const ports: OutOfMemoryPorts = {
    readText: (path) => texts[path],
    now: () => system.time,
    onChange: (_file, changed) => {
      system.changed = changed;
    },
  };
  return { system, ports };
}

const V2 = '/sys/fs/cgroup/app/memory.events';
const version2 = (kills: number) =>
  group({ '/proc/self/cgroup': '0::/app\n', [V2]: events(kills), '/sys/fs/cgroup/app/memory.peak': String(255 * MB) });
const events = (kills: number) => `low 0\nhigh 0\nmax 7\noom ${kills}\noom_kill ${kills}\noom_group_kill 0\n`;

test('version 2: a kill is told once, with its figures; what was before is none of ours', (t) => {
  const { system, ports } = version2(3);
  const look = watchOutOfMemory(LIMIT, ports);
  t.is(look(), undefined);
  system.texts[V2] = events(4);
  t.deepEqual(look(), { limit: 256 * MB, peak: 255 * MB, file: V2 });
  t.is(look(), undefined);
});

test('two workers that were killed at once are both told of', (t) => {
  const { system, ports } = version2(0);
  const look = watchOutOfMemory(LIMIT, ports);
  system.texts[V2] = events(2);
  t.truthy(look());
  t.truthy(look());
  t.is(look(), undefined);
});

test('the kill of a child process of the app some time ago does not explain the end of a worker', (t) => {
  const { system, ports } = version2(0);
  const look = watchOutOfMemory(LIMIT, ports);
  system.texts[V2] = events(1);
  system.changed();
  system.time = 60_000;
  t.is(look(), undefined);
  system.texts[V2] = events(2);
  system.changed();
  system.time += 100;
  t.truthy(look());
});

test('version 1 counts in memory.oom_control', (t) => {
  const file = '/sys/fs/cgroup/memory/memory.oom_control';
  const { system, ports } = group({ '/proc/self/cgroup': '4:memory:/docker/x\n', [file]: 'oom_kill 0\n' });
  const look = watchOutOfMemory(undefined, ports);
  system.texts[file] = 'oom_kill_disable 0\nunder_oom 0\noom_kill 1\n';
  t.deepEqual(look(), { limit: undefined, peak: undefined, file });
});

test('without control groups nothing is told', (t) => {
  t.is(watchOutOfMemory(undefined, group({}).ports)(), undefined);
});
