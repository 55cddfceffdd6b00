import test from 'ava';
import { fixture, kfCluster, type Running } from '../helpers/cluster.js';
import '../helpers/json-log.js';
import { get } from '../helpers/http.js';
import { load } from '../helpers/load.js';
import { refused } from '../helpers/raw.js';

const APP = ['start', fixture('apps/disconnects.cjs'), '-w', '2'];
const PRELOADS = { plain: ['--no-telemetry'], telemetry: ['--traces-exporter', 'none'] };

async function ready(cluster: Running): Promise<{ port: string; pids: number[] }> {
  const [, port = ''] = await cluster.line(/^listening (\d+)/);
  const pids = (await cluster.eventTimes('worker-ready', 2)).map(({ pid }) => pid);
  return { port, pids };
}

async function breakChannels(cluster: Running, pids: readonly number[]): Promise<void> {
  for (const pid of pids) process.kill(pid, 'SIGUSR2');
  await cluster.lineTimes(/^disconnected/, pids.length);
}

for (const [preload, flags] of Object.entries(PRELOADS))
  test(`${preload}: all workers lose their channel to a living primary, and are replaced one at a time: no request fails`, async (t) => {
    const cluster = kfCluster(t, [...APP, ...flags]);
    const { port, pids } = await ready(cluster);
    const clients = [true, false].map((keepAlive) => load(false, Number(port), 4, keepAlive));
    await breakChannels(cluster, pids);
    await cluster.eventTimes('pipe-broken', 2, { pipe: 'channel' });
    await cluster.eventTimes('worker-exit', 2, { code: 0, reason: 'recycle' });
    const story = cluster.lines.flatMap((line) => /worker (\d) (ready|exited)/.exec(line)?.slice(1).join(' ') ?? []);
    const [first = '', second = ''] = story.filter((one) => one.endsWith('exited')).map(([slot]) => slot);
    t.deepEqual(story.slice(2), [`${first} ready`, `${first} exited`, `${second} ready`, `${second} exited`]);
    for (const one of clients) one.stopping = true;
    cluster.kill('SIGTERM');
    t.is((await cluster.exit).code, 0);
    await Promise.all(clients.map(({ done }) => done));
    t.deepEqual(
      clients.flatMap(({ failures }) => failures),
      [],
    );
  });

test('workers without a channel stop with their primary, and answer what they hold', async (t) => {
  const cluster = kfCluster(t, [...APP, '--no-telemetry']);
  const { port, pids } = await ready(cluster);
  const held = get(port, '/hold');
  const [, holder = ''] = await cluster.line(/^holding (\d+)/);
  await breakChannels(cluster, pids);
  cluster.kill('SIGTERM');
  await refused({ port: Number(port), host: '127.0.0.1' });
  process.kill(Number(holder), 'SIGUSR2');
  t.is((await held).body, 'released');
  t.is((await cluster.exit).code, 0);
});

test('workers without a channel answer what they hold and end when their primary is killed', async (t) => {
  const cluster = kfCluster(t, [...APP, '--no-telemetry']);
  const { port, pids } = await ready(cluster);
  const held = get(port, '/hold');
  const [, holder = ''] = await cluster.line(/^holding (\d+)/);
  await breakChannels(cluster, pids);
  cluster.kill('SIGKILL');
  await refused({ port: Number(port), host: '127.0.0.1' });
  process.kill(Number(holder), 'SIGUSR2');
  t.is((await held).body, 'released');
  // Its output ends when the last process that holds it has ended.
  t.is((await cluster.exit).signal, 'SIGKILL');
});
