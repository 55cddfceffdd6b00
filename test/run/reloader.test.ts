import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import type { Config } from '../../src/config/types.js';
import { createReloader } from '../../src/run/reloader.js';
import { privateDir } from '../helpers/cluster.js';
import { keptLog } from '../supervisor/kept-log.js';
import { CONFIG, scripted } from '../supervisor/scripted-ports.js';

/** A reloader of a supervisor that runs, over a reader that reads what the test says. */
function reloading(read: () => Promise<{ config: Config; warnings?: readonly string[] }>) {
  const { supervisor, ports } = scripted();
  const { log, lines } = keptLog();
  supervisor.start();
  ports.worker(1).ready();
  const reader = { read: async () => ({ configFile: undefined, warnings: [], ...(await read()) }) };
  return { supervisor, ports, lines, reloader: createReloader(supervisor, reader, log) };
}

test('what is fixed at the start stays, and is said; the rest is that of the files', async (t) => {
  const changed = { ...CONFIG, name: 'other', adminPort: 99, drainTimeoutMs: 1, env: { A: '1' } };
  const { reloader, lines } = reloading(async () => ({ config: changed, warnings: ['careful'] }));
  const next = await reloader.preview();
  t.like(next, { name: 'test', adminPort: undefined, drainTimeoutMs: 1, env: { A: '1' } });
  t.is(lines().length, 2);
  t.regex(String(lines()[1]?.msg ?? lines()[1]?.message), /name.*adminPort|adminPort.*name/);
});

test('the same configuration warns of nothing', async (t) => {
  const { reloader, lines } = reloading(async () => ({ config: { ...CONFIG } }));
  t.deepEqual(await reloader.preview(), CONFIG);
  t.deepEqual(lines(), []);
});

test('while one reload reads its files another is refused; afterwards it may', async (t) => {
  let end: () => void = () => undefined;
  const read = new Promise<void>((resolve) => {
    end = resolve;
  });
  const { reloader, ports, supervisor } = reloading(() => read.then(() => ({ config: CONFIG })));
  const first = reloader.reload();
  t.like(await reloader.reload(), { ok: false, code: 'BUSY' });
  end();
  ports.onFork = (worker) => setImmediate(() => worker.ready());
  void first;
  await new Promise(setImmediate);
  await new Promise(setImmediate);
  t.is(supervisor.status().phase, 'reloading');
});

test('files that cannot be read are the error of that reload, and the next one reads again', async (t) => {
  let reads = 0;
  const { reloader, supervisor } = reloading(async () => {
    reads += 1;
    throw new Error('broken');
  });
  await t.throwsAsync(reloader.reload(), { message: 'broken' });
  await t.throwsAsync(reloader.reload(), { message: 'broken' });
  t.deepEqual([reads, supervisor.status().phase], [2, 'running']);
});

test('hooks that cannot be loaded are that too, and nothing is forked', async (t) => {
  const dir = privateDir(t);
  mkdirSync(join(dir, 'x'));
  const file = join(dir, 'hooks.mjs');
  writeFileSync(file, 'throw new Error("no");');
  const { reloader, ports } = reloading(async () => ({ config: { ...CONFIG, hookFiles: [file] } }));
  await t.throwsAsync(reloader.reload());
  t.is(ports.workers.length, 1);
});
