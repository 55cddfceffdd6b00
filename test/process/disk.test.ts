import { rmSync } from 'node:fs';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { fixture } from '../helpers/cluster.js';
import '../helpers/json-log.js';
import { accounts, BRIEF, collector, once, oneWorker, spansApp } from '../helpers/delivery.js';
import { readOnly, smallDisk, smallFiles, type Wrapper } from '../helpers/disks.js';
import { onLinux } from '../helpers/linux.js';
import { tempDir } from '../helpers/spool.js';

const JOURNAL = ['-w', '1', '--delivery', 'journal'];
const BAD_DISKS: readonly (readonly [string, (dir: string) => Wrapper, RegExp])[] = [
  ['a full disk', (dir) => smallDisk(dir, 128), /ENOSPC|EFBIG/],
  ['a limit on the size of files', () => smallFiles(64), /EFBIG|short write/],
  ['a read-only directory', readOnly, /EROFS|EACCES/],
];

for (const [name, prepare, cause] of BAD_DISKS) {
  test(`${name}: the app serves on, with one warning, and every span arrives when the collector is back`, async (t) => {
    if (!onLinux(t, 'a mount namespace')) return;
    const { receiver, store, received } = await collector(t);
    await receiver.pause();
    const dir = join(tempDir(t), 'spool');
    const cluster = spansApp(t, receiver.grpcUrl, [...JOURNAL, '--spool-dir', dir], { wrapper: prepare(dir) });
    const [, port = ''] = await cluster.line(/^listening (\d+)/);
    await endMany(t, port);
    t.regex((await cluster.event('spool-unusable')).msg, cause);
    await receiver.resume();
    await received(5_000);
    cluster.kill('SIGTERM');
    t.is((await cluster.exit).code, 0);
    t.is(cluster.events('spool-unusable').length, 1);
    t.like(accounts(cluster), { exported: 5_000, spooled: 0, dropped: 0, pending: 0 }, cluster.stderr());
    t.true(once(store));
  });

  test(`${name} at a stop without a collector: what is kept and what is lost add up, and the loss is named`, async (t) => {
    if (!onLinux(t, 'a mount namespace')) return;
    const { receiver } = await collector(t);
    await receiver.pause();
    const dir = join(tempDir(t), 'spool');
    const args = [...JOURNAL, '--spool-dir', dir, ...BRIEF];
    const cluster = spansApp(t, receiver.grpcUrl, args, { wrapper: prepare(dir) });
    const [, port = ''] = await cluster.line(/^listening (\d+)/);
    await endMany(t, port);
    cluster.kill('SIGTERM');
    t.is((await cluster.exit).code, 0);
    const { exported, spooled = 0, dropped = 0, pending } = accounts(cluster);
    t.deepEqual([exported, pending, spooled + dropped], [0, 0, 5_000], cluster.stderr());
    t.true(dropped > 0);
    t.true(cluster.events('not-delivered', { signal: 'traces', cause: 'disk_full' }).length > 0);
  });
}

test('the directory is deleted under a running worker: the next start delivers what was in it too', async (t) => {
  const { receiver, store, received } = await collector(t);
  await receiver.pause();
  const dir = join(tempDir(t), 'spool');
  // Per span: what was answered is on disk by then.
  const journal = [...JOURNAL, '--journal-per', 'span', '--spool-dir', dir];
  const first = spansApp(t, receiver.grpcUrl, [...journal, ...BRIEF]);
  const [, port = ''] = await first.line(/^listening (\d+)/);
  const worker = oneWorker(port);
  await worker.end(500);
  rmSync(dir, { recursive: true });
  await worker.end(500);
  worker.reconnect();
  first.kill('SIGTERM');
  t.is((await first.exit).code, 0);
  t.like(accounts(first), { exported: 0, spooled: 1_000, dropped: 0 }, first.stderr());
  await receiver.resume();
  const second = spansApp(t, receiver.grpcUrl, journal);
  await received(1_000);
  second.kill('SIGTERM');
  t.is((await second.exit).code, 0);
  t.like(accounts(second), { recovered: 1_000, exported: 1_000, dropped: 0 });
  t.true(once(store));
});

test('the clock is set back, while a worker runs and between two starts: nothing is given up, all arrives once', async (t) => {
  const { receiver, store, received } = await collector(t);
  await receiver.pause();
  const dir = join(tempDir(t), 'spool');
  const preload = `--node-args=--require ${fixture('clock.cjs')}`;
  const start = (off: number, ...more: string[]) =>
    spansApp(t, receiver.grpcUrl, [...JOURNAL, '--spool-dir', dir, '--spool-max-age', '1h', preload, ...more], {
      env: { CLOCK_OFF: String(off) },
    });
  for (const off of [0, -3 * 24 * 3_600_000]) {
    const cluster = start(off, ...BRIEF);
    const [, port = ''] = await cluster.line(/^listening (\d+)/);
    const worker = oneWorker(port);
    const pid = await worker.end(100);
    process.kill(pid, 'SIGWINCH');
    await worker.end(100);
    worker.reconnect();
    cluster.kill('SIGTERM');
    t.is((await cluster.exit).code, 0);
    t.like(accounts(cluster), { exported: 0, dropped: 0 }, cluster.stderr());
  }
  await receiver.resume();
  const last = start(-3 * 24 * 3_600_000);
  await received(400);
  last.kill('SIGTERM');
  t.is((await last.exit).code, 0);
  t.like(accounts(last), { recovered: 400, exported: 400, dropped: 0 }, last.stderr());
  t.true(once(store));
});

/** Ten requests of 500 spans each; every one is answered. */
async function endMany(t: ExecutionContext, port: string): Promise<void> {
  const worker = oneWorker(port);
  const pid = await worker.end(500);
  for (let round = 1; round < 10; round += 1) t.is(await worker.end(500), pid);
  worker.reconnect();
}
