import http from 'node:http';
import test, { type ExecutionContext } from 'ava';
import { fixture, isAlive, kfCluster } from '../helpers/cluster.js';
import { get } from '../helpers/http.js';
import '../helpers/json-log.js';

const CLIENTS = 20;
const STOPS = 3;
const START = ['--no-telemetry', '--log-level', 'debug'];

test('a request in flight is answered, with Connection: close, and the port is free afterwards', async (t) => {
  const cluster = kfCluster(t, ['start', fixture('apps/http.cjs'), '-w', '1', ...START]);
  const [, port = ''] = await cluster.line(/^listening (\d+)/);
  const held = get(port, '/hold');
  const [, pid = ''] = await cluster.line(/^holding (\d+)/);
  cluster.kill('SIGTERM');
  await cluster.event('stopping', { signal: 'SIGTERM' });
  process.kill(Number(pid), 'SIGUSR2'); // the fixture releases what it holds
  const answer = await held;
  t.is(answer.body, 'released');
  t.is(answer.connection, 'close');
  t.deepEqual(await cluster.exit, { code: 0, signal: null });
  await t.throwsAsync(get(port), { code: 'ECONNREFUSED' } as never);
});

test('a stop lets nobody into a queue that does not run empty, and answers most of those that are in it', async (t) => {
  const resets: number[] = [];
  // One stop has 2 to 10 of 20, as it falls between the tries of clients that the kernel passes over; 18 where the queue stays open.
  for (let stop = 0; stop < STOPS; stop++) resets.push(await resetsOfStop(t));
  const all = resets.reduce((sum, one) => sum + one);
  t.true(all < (STOPS * CLIENTS) / 2, `of ${CLIENTS} clients at each stop had a reset: ${resets.join(', ')}`);
});

/** Of clients of an overloaded app that ask until they are refused, those that had a reset. */
async function resetsOfStop(t: ExecutionContext): Promise<number> {
  const cluster = kfCluster(t, ['start', fixture('apps/overloaded.cjs'), '-w', '1', ...START]);
  const [, port = ''] = await cluster.line(/^listening (\d+)/);
  let [answered, reset, isStopping] = [0, 0, false];
  const client = async () => {
    for (;;) {
      try {
        await get(port);
        answered++;
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code === 'ECONNREFUSED' && isStopping) return;
        reset++;
      }
    }
  };
  // So few that those in the queue are answered in time where a request takes ten times as long as it should.
  const clients = Array.from({ length: CLIENTS }, client);
  while (answered < CLIENTS) await new Promise((resolve) => setImmediate(resolve));
  isStopping = true;
  cluster.kill('SIGTERM');
  await Promise.all(clients);
  t.is((await cluster.exit).code, 0);
  return reset;
}

test('an idle keep-alive connection is not closed under its next request', async (t) => {
  const agent = new http.Agent({ keepAlive: true, maxSockets: 1 });
  t.teardown(() => agent.destroy());
  const cluster = kfCluster(t, ['start', fixture('apps/http.cjs'), '-w', '1', ...START]);
  const [, port = ''] = await cluster.line(/^listening (\d+)/);
  t.is((await get(port, '/', agent)).connection, 'keep-alive');
  cluster.kill('SIGTERM');
  await cluster.event('stopping', { signal: 'SIGTERM' });
  // Until the drain has reached the worker it still answers keep-alive; then the connection ends with an answer.
  let answer = await get(port, '/', agent);
  while (answer.connection === 'keep-alive') answer = await get(port, '/', agent);
  t.is(answer.status, 200);
  t.is(answer.connection, 'close');
  t.is((await cluster.exit).code, 0);
});

test("the app's own SIGTERM handler runs, and its process.exit gives the worker's code after the flush", async (t) => {
  const cluster = kfCluster(t, [
    ...['start', fixture('apps/careful.cjs'), '-w', '2', '--no-telemetry'],
    ...['--hooks', fixture('hooks/all.mjs')],
  ]);
  await cluster.ready(2);
  cluster.kill('SIGTERM');
  t.is((await cluster.exit).code, 0);
  t.is(cluster.lines.filter((line) => line.startsWith('app handler')).length, 2);
  t.is(cluster.lines.filter((line) => /^hook preShutdown A/.test(line)).length, 2);
  t.is(cluster.lines.filter((line) => /^hook onWorkerExit \d 7 null stop$/.test(line)).length, 2);
});

test('a request that outlives the drain timeout is ended, the stop is not', async (t) => {
  const cluster = kfCluster(t, ['start', fixture('apps/http.cjs'), '-w', '1', '--drain-timeout', '200ms', ...START]);
  const [, port = ''] = await cluster.line(/^listening (\d+)/);
  const held = get(port, '/hold');
  await cluster.line(/^holding/);
  cluster.kill('SIGTERM');
  await t.throwsAsync(held, { code: 'ECONNRESET' } as never);
  t.is((await cluster.exit).code, 0);
});

test('a second SIGTERM is quick and exits 143', async (t) => {
  const cluster = kfCluster(t, ['start', fixture('apps/http.cjs'), '-w', '1', ...START]);
  const [, port = ''] = await cluster.line(/^listening (\d+)/);
  const held = get(port, '/hold');
  const [, pid = ''] = await cluster.line(/^holding (\d+)/);
  cluster.kill('SIGTERM');
  await cluster.event('stopping', { signal: 'SIGTERM' });
  const quick = cluster.event('stopping', { signal: 'SIGTERM', force: 2 }).then(() => true);
  // Two of a kind within a quarter of a second count as one: wrappers double them.
  while (
    !(await Promise.race([
      quick,
      get(port).then(
        () => false,
        () => false,
      ),
    ]))
  )
    cluster.kill('SIGTERM');
  await t.throwsAsync(held, { code: 'ECONNRESET' } as never);
  t.is((await cluster.exit).code, 143);
  t.false(isAlive(Number(pid)));
});

test('SIGQUIT is quick at once', async (t) => {
  const cluster = kfCluster(t, ['start', fixture('apps/http.cjs'), '-w', '1', ...START]);
  const [, port = ''] = await cluster.line(/^listening (\d+)/);
  const held = get(port, '/hold');
  await cluster.line(/^holding/);
  cluster.kill('SIGQUIT');
  await t.throwsAsync(held, { code: 'ECONNRESET' } as never);
  t.is((await cluster.exit).code, 143);
});

test('Ctrl-C reaches the whole process group and is one orderly stop', async (t) => {
  const cluster = kfCluster(t, ['start', fixture('apps/careful.cjs'), '-w', '2', ...START], { detached: true });
  await cluster.ready(2);
  process.kill(-cluster.pid, 'SIGINT');
  t.is((await cluster.exit).code, 0);
  t.is(cluster.lines.filter((line) => line.startsWith('app handler')).length, 2);
  t.false(cluster.stderr().includes('code 9'), "the app's SIGINT handler must not run");
});

test('a worker that does not end within its grace period is killed, with the reason in the log', async (t) => {
  const cluster = kfCluster(t, [
    'start',
    fixture('apps/blocks.cjs'),
    '-w',
    '1',
    ...START,
    '--drain-timeout',
    '100ms',
    '--flush-timeout',
    '100ms',
  ]);
  const [, port = ''] = await cluster.line(/^listening (\d+)/);
  get(port, '/block').catch(() => undefined);
  await cluster.line(/^blocking/);
  cluster.kill('SIGTERM');
  t.is((await cluster.exit).code, 0);
  t.is(cluster.events('worker-killed', { slot: 0, reason: 'drain-timeout' }).length, 1);
});

test('a stop that comes while a worker boots is not lost on the way', async (t) => {
  const cluster = kfCluster(t, ['start', fixture('apps/http.cjs'), '-w', '1']);
  await cluster.ready(1);
  cluster.kill('SIGHUP');
  await cluster.event('reload-started', { generation: 2 });
  cluster.kill('SIGTERM');
  t.is((await cluster.exit).code, 0);
  t.is(cluster.events('stopping').length, 1, 'no step of the stop is skipped');
  t.deepEqual(cluster.events('worker-killed'), []);
  t.deepEqual([...new Set(cluster.events('worker-exit').map(({ reason }) => reason))], ['stop']);
});

test('a server that begins to listen during the stop has its address, and is closed', async (t) => {
  const cluster = kfCluster(t, [
    ...['start', fixture('apps/listens-late.cjs'), '-w', '1', '--ready', 'message', '--drain-timeout', '1s', ...START],
  ]);
  await cluster.ready(1);
  cluster.kill('SIGTERM');
  await cluster.line(/^listening late on true/);
  t.is((await cluster.exit).code, 0);
  t.is(cluster.events('worker-exit', { slot: 0, code: 0, reason: 'stop' }).length, 1);
});

// What comes between the last look for connections and the close is reset by the kernel: nothing else is to stand there.
for (const flags of [['--no-telemetry'], ['--traces-exporter', 'none']])
  test(`the port is closed before the drain begins (${flags.join(' ')})`, async (t) => {
    const cluster = kfCluster(t, ['start', fixture('drain/dials.cjs'), '-w', '1', ...flags]);
    await cluster.ready(1);
    cluster.kill('SIGTERM');
    t.is((await cluster.line(/^dialled (.*)/))[1], 'ECONNREFUSED');
    t.is((await cluster.exit).code, 0);
  });
