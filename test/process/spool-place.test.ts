import { mkdirSync, readdirSync, renameSync, symlinkSync } from 'node:fs';
import { dirname, join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { appFolder } from '../helpers/app-folder.js';
import '../helpers/json-log.js';
import { kfCluster } from '../helpers/cluster.js';
import { accounts, collector, once, oneWorker } from '../helpers/delivery.js';
import { tempDir } from '../helpers/spool.js';

test('two apps of one name keep apart; the next start of each finds what its last one left', async (t) => {
  const { receiver, store, received } = await collector(t);
  const state = tempDir(t);
  const [one, other] = [app(), app()];
  const run = startIn(t, state, receiver.grpcUrl);
  await receiver.pause();
  await leave(run(one), 100);
  await leave(run(other), 10);
  t.is(readdirSync(join(state, 'kf-cluster')).length, 2);
  await receiver.resume();
  const again = run(other);
  await received(10);
  await leave(again, 0);
  t.is(store.spans().length, 10);
  t.like(accounts(again), { recovered: 10, exported: 10 });
  run(one);
  await received(110);
  t.true(once(store));
});

test('a `current` symlink that moves on to the next release leads to the same spool', async (t) => {
  const { receiver, store, received } = await collector(t);
  const [state, dir] = [tempDir(t), tempDir(t)];
  const run = startIn(t, state, receiver.grpcUrl);
  const current = join(dir, 'current');
  symlinkSync(app(), current);
  await receiver.pause();
  await leave(run(current), 100);
  symlinkSync(app(), `${current}.new`);
  renameSync(`${current}.new`, current);
  await receiver.resume();
  run(current);
  await received(100);
  t.true(once(store));
});

test('a start over a spool with damaged entries says so once and sends what the last run has left', async (t) => {
  const { receiver, store, received } = await collector(t);
  const state = tempDir(t);
  const dir = app();
  const run = startIn(t, state, receiver.grpcUrl);
  await receiver.pause();
  await leave(run(dir), 100);
  const spool = join(state, 'kf-cluster', readdirSync(join(state, 'kf-cluster'))[0]!, 'spool');
  symlinkSync('/nowhere', join(spool, 'den-0-00000000'));
  mkdirSync(join(spool, 'den-1-00000000/000001-00000000.seg'), { recursive: true });
  await receiver.resume();
  const again = run(dir);
  const { msg, fix } = await again.event('spool-set-aside');
  t.regex(msg, /den-0-00000000.*\(it is a symlink\)/);
  t.regex(String(fix), /^See reasons\.log in /);
  await received(100);
  t.true(once(store));
});

/** A folder with the app that ends spans on request; all have one name. */
function app(): string {
  const packageJson = { name: 'same-name', main: 'app.cjs' };
  return dirname(appFolder({ fixture: 'apps/spans.cjs', links: ['@opentelemetry/api'], packageJson }));
}

function startIn(t: ExecutionContext, state: string, url: string) {
  const options = ['-w', '1', '--no-auto-instrumentation', '--flush-timeout', '2s'];
  const env = { XDG_STATE_HOME: state, OTEL_EXPORTER_OTLP_ENDPOINT: url };
  return (dir: string) => kfCluster(t, ['start', dir, ...options], { env });
}

async function leave(cluster: ReturnType<typeof kfCluster>, spans: number): Promise<void> {
  const [, port = ''] = await cluster.line(/^listening (\d+)/);
  const worker = oneWorker(port);
  await worker.end(spans);
  worker.reconnect(); // or the drain waits for the idle connection
  cluster.kill('SIGTERM');
  await cluster.exit;
}
