import { readFileSync } from 'node:fs';
import test from 'ava';
import { startedAt } from '../../src/contract/signs-of-life.js';
import { fixture, kfCluster } from '../helpers/cluster.js';
import '../helpers/json-log.js';
import { get } from '../helpers/http.js';
import { refused } from '../helpers/raw.js';

const SOON = ['--no-telemetry', '--hang-timeout', '1s'];
/** Nobody may have reaped it yet. */
function runs(pid: number): boolean {
  try {
    return startedAt(pid, (path) => readFileSync(path, 'utf8')) !== undefined;
  } catch {
    return false;
  }
}

const gone = (error: NodeJS.ErrnoException) => ({ body: error.code });

test('a worker that blocks while it boots does not outlive its primary', async (t) => {
  const cluster = kfCluster(t, ['start', fixture('apps/spins-at-boot.cjs'), '-w', '2', ...SOON]);
  const pids = (await cluster.lineTimes(/^booting (\d+)/, 2)).map(([, pid]) => Number(pid));
  cluster.kill('SIGKILL');
  // Its output ends when the last process that holds it has ended.
  t.is((await cluster.exit).signal, 'SIGKILL');
  t.deepEqual(pids.filter(runs), []);
});

for (const scheduling of ['shared', 'rr'])
  for (const stack of [[], ['--no-hang-stack']])
    test(`${scheduling} ${stack}: of two orphans the one that blocks is ended, the port is free, and the other answers`, async (t) => {
      const args = ['-w', '2', '--scheduling', scheduling, ...SOON, ...stack];
      const cluster = kfCluster(t, ['start', fixture('apps/blocks-or-holds.cjs'), ...args]);
      const [, port = ''] = await cluster.line(/^listening (\d+)/);
      await cluster.ready(2);
      const held = get(port, '/hold');
      const [, holder] = await cluster.line(/^holding (\d+)/);
      // Which of the two a connection goes to is not known.
      let blocked: ReturnType<typeof get> | Promise<{ body: string | undefined }>;
      do blocked = get(port, '/block').catch(gone);
      while (
        (await Promise.race([blocked, cluster.line(/^blocking/).then(() => ({ body: 'blocked' }))])).body === 'holds'
      );
      const [, pid] = await cluster.line(/^blocking (\d+)/);
      cluster.kill('SIGKILL');
      t.is((await blocked).body, 'ECONNRESET');
      process.kill(Number(holder), 'SIGUSR2');
      t.is((await held).body, 'released');
      t.is((await cluster.exit).signal, 'SIGKILL');
      t.false(runs(Number(pid)));
      await refused({ port: Number(port), host: '127.0.0.1' });
    });

test('a stopped worker does not outlive its primary', async (t) => {
  const cluster = kfCluster(t, ['start', fixture('apps/http.cjs'), '-w', '1', ...SOON]);
  const { pid } = await cluster.event('worker-ready', { slot: 0 });
  process.kill(Number(pid), 'SIGSTOP');
  cluster.kill('SIGKILL');
  t.is((await cluster.exit).signal, 'SIGKILL');
  t.false(runs(Number(pid)));
});
