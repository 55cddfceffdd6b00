import { appendFileSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import type { Config } from '../../src/config/types.js';
import { createLog } from '../../src/contract/log.js';
import type { Reloader } from '../../src/control/control-context.js';
import type { Notification } from '../../src/core/notifications.js';
import { createReloader } from '../../src/run/reloader.js';
import { followFiles } from '../../src/run/watch.js';
import { privateDir } from '../helpers/cluster.js';
import { CONFIG, type ScriptedPorts, scripted } from '../supervisor/scripted-ports.js';

/** A scripted supervisor of two workers that run, over a directory that is watched. */
async function watched(t: ExecutionContext, read?: () => Promise<Config>, onRefused: () => void = () => undefined) {
  const cwd = privateDir(t);
  mkdirSync(join(cwd, 'lib'));
  writeFileSync(join(cwd, 'lib/a.js'), '1');
  const config = { ...CONFIG, cwd, workers: 2, watch: true, watchDelayMs: 0 };
  const world = scripted(config);
  const { supervisor, ports } = world;
  const log = keptEvents();
  const reader = {
    read: async () => ({ config: (await read?.()) ?? config, configFile: undefined, warnings: [] }),
  };
  const reloader = createReloader(supervisor, reader, log.log);
  let onLook: () => void = () => undefined;
  const heard: Reloader = {
    ...reloader,
    reading: () => {
      const reading = reloader.reading();
      if (reading) onRefused();
      onLook();
      return reading;
    },
  };
  const end = await followFiles(supervisor, heard, log.log);
  t.teardown(end);
  await log.event('watching');
  supervisor.start();
  ports.worker(1).ready();
  ports.worker(2).ready();
  const edit = (file = 'lib/a.js') => appendFileSync(join(cwd, file), 'x');
  /** Settles when it has been looked at whether the change is taken. */
  const looked = () =>
    new Promise<void>((resolve) => {
      onLook = () => setImmediate(resolve);
    });
  return { ...world, reloader, edit, looked, event: log.event, end };
}

function keptEvents() {
  const seen: { event?: string }[] = [];
  let check: () => void = () => undefined;
  const sink = (line: string) => {
    seen.push(JSON.parse(line));
    check();
  };
  const event = (id: string, count = 1) =>
    new Promise<Record<string, unknown>>((resolve) => {
      check = () => {
        const all = seen.filter((line) => line.event === id || (line as { msg?: string }).msg === id);
        if (all.length >= count) resolve({ ...all[count - 1] });
      };
      check();
    });
  return { log: createLog({ format: 'json', level: 'debug', label: 'test', sink }), event };
}

/** The next one of this type. */
function notification({ supervisor }: Pick<ReturnType<typeof scripted>, 'supervisor'>, type: Notification['type']) {
  return new Promise<Notification>((resolve) => {
    supervisor.on('notification', (one) => {
      if (one.type === type) resolve(one);
    });
  });
}

test('an edit is a reload, named by its path', async (t) => {
  const { supervisor, edit, event } = await watched(t);
  const started = notification({ supervisor }, 'reload-started');
  edit();
  t.like(await started, { generation: 2 });
  t.is((await event('file-changed')).path, join('lib', 'a.js'));
});

test('an edit while the way back from a failed reload is stuck is the reload that helps', async (t) => {
  const { supervisor, ports, edit } = await watched(t);
  const forked = countForks(ports);
  ports.rolls.push(0.5, 0.5, 0.5);
  const first = notification({ supervisor }, 'reload-started');
  edit();
  await first;
  await forked(3);
  ports.worker(3).ready();
  await forked(4);
  ports.advance(CONFIG.canaryTimeMs);
  ports.worker(3).say({ type: 'alive', debugged: false }); // generation 2 serves in slot 0
  ports.worker(1).exit(0);
  ports.worker(4).exit(1); // and not in slot 1
  const stuck = notification({ supervisor }, 'rollback-stuck');
  for (const nth of [5, 6, 7]) {
    await forked(nth);
    ports.worker(nth).exit(1); // nor does generation 1 come back in slot 0
    ports.advance(1_000);
  }
  await stuck;
  t.is(supervisor.status().phase, 'reloading');
  const again = notification({ supervisor }, 'reload-started');
  edit();
  t.like(await again, { generation: 3 });
});

test('a configuration that cannot be read is said, and the next edit tries again', async (t) => {
  let broken = true;
  const { supervisor, edit, event } = await watched(t, async () => {
    if (broken) throw new Error('unexpected token');
    return { ...CONFIG, workers: 2 };
  });
  edit();
  t.regex(String((await event('reload refused')).why), /unexpected token/);
  broken = false;
  const started = notification({ supervisor }, 'reload-started');
  edit();
  t.like(await started, { generation: 2 });
});

for (const asked of ['another edit', 'somebody else']) {
  test(`an edit while the reload of ${asked} reads its files, which it cannot use, is the next reload`, async (t) => {
    let fail: (error: Error) => void = () => undefined;
    let begun: () => void = () => undefined;
    const reading = new Promise<void>((resolve) => {
      begun = resolve;
    });
    let reads = 0;
    const read = () => {
      reads += 1;
      begun();
      if (reads > 1) return Promise.resolve({ ...CONFIG, workers: 2 });
      return new Promise<Config>((_, reject) => {
        fail = reject;
      });
    };
    const { supervisor, reloader, edit, event } = await watched(t, read, () => fail(new Error('unexpected token')));
    const started = notification({ supervisor }, 'reload-started');
    const other = asked === 'another edit' ? edit() : t.throwsAsync(reloader.reload(), { message: 'unexpected token' });
    await reading;
    edit();
    t.like(await started, { generation: 2 });
    await other;
    t.is(reads, 2);
    t.is((await event('file-changed')).path, join('lib', 'a.js'));
  });
}

test('an edit while a reload is under way is the next one', async (t) => {
  const { supervisor, ports, reloader, edit, looked } = await watched(t);
  const forked = countForks(ports);
  const asked = reloader.reload();
  await forked(3);
  edit();
  await looked();
  const again = notification({ supervisor }, 'reload-started');
  ports.worker(3).exit(1); // the way back is an end too
  t.like(await asked, { ok: false, code: 'RELOAD_FAILED' });
  t.like(await again, { generation: 3 });
});

test("after its end an edit is nobody's", async (t) => {
  const { supervisor, end } = await watched(t);
  t.is(supervisor.listenerCount('notification'), 1);
  end();
  t.is(supervisor.listenerCount('notification'), 0);
});

/** Settles when there have been so many forks. */
function countForks(ports: ScriptedPorts): (count: number) => Promise<void> {
  const waiting = new Set<() => void>();
  const lookAll = () => {
    for (const look of waiting) look();
  };
  ports.onFork = () => queueMicrotask(lookAll); // when the worker is in the list
  return (count) =>
    new Promise((resolve) => {
      const look = () => void (ports.workers.length >= count && resolve());
      waiting.add(look);
      look();
    });
}
