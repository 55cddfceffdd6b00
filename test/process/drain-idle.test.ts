import test from 'ava';
import { fixture, kfCluster } from '../helpers/cluster.js';
import '../helpers/json-log.js';
import { client, keepAlive } from '../helpers/keep-alive.js';

const SHORT = ['-w', '1', '--drain-timeout', '8s'];

test('a drain that is shorter than --idle-timeout ends idle connections before the app is told', async (t) => {
  const cluster = await keepAlive(t, SHORT);
  const one = await client(cluster.at);
  await one.ask();
  cluster.kill('SIGTERM');
  t.is((await cluster.line(/^told \d+ with (\d+) open/))[1], '0');
  await one.ended;
  t.is((await cluster.exit).code, 0);
});

test('a reload that moves no connections ends idle ones before the app is told', async (t) => {
  const cluster = await keepAlive(t, [...SHORT, '--no-move-connections']);
  const one = await client(cluster.at);
  await one.ask();
  cluster.kill('SIGHUP');
  t.is((await cluster.line(/^told \d+ with (\d+) open/))[1], '0');
  await one.ended;
  await cluster.event('reload-done', { generation: 2 });
});

test('a stop that meets a worker in its drain for a reload waits for its idle connections no longer than --idle-timeout', async (t) => {
  const cluster = await keepAlive(t, ['-w', '1', '--no-move-connections', '--idle-timeout', '300ms']);
  const one = await client(cluster.at);
  await one.ask();
  cluster.kill('SIGHUP');
  await cluster.event('worker-waits', { slot: 0, idle: 1 });
  cluster.kill('SIGTERM');
  await one.ended;
  t.is((await cluster.exit).code, 0);
});

test('a stop that meets a busy connection in a reload ends it with its answer: there is nobody to move it to', async (t) => {
  const cluster = await keepAlive(t);
  const one = await client(cluster.at);
  const { body } = await one.ask();
  one.request('/hold');
  await cluster.line(/^holding 1/);
  cluster.kill('SIGHUP');
  await cluster.event('worker-waits', { slot: 0, requests: 1 });
  cluster.kill('SIGTERM');
  await cluster.line(/^told/); // the new worker's, behind the order to all
  process.kill(Number(body.slice(4)), 'SIGUSR2');
  t.deepEqual(await one.answer(2), { body: `released ${body.slice(4)}`, close: true });
  t.is((await cluster.exit).code, 0);
});

test('a request that came while the process was blocked at the end of its drain is answered', async (t) => {
  const flags = ['-w', '1', '--no-telemetry', '--drain-timeout', '1s', '--app-signal', 'at-once'];
  const cluster = kfCluster(t, ['start', fixture('drain/blocks.cjs'), ...flags]);
  const [, port = ''] = await cluster.line(/^listening (\d+)/);
  await cluster.ready(1);
  const one = await client({ port: Number(port), host: '127.0.0.1' });
  const first = await one.ask();
  cluster.kill('SIGTERM');
  await cluster.line(/^blocking/);
  t.deepEqual(await one.ask(), { ...first, close: true });
  t.is((await cluster.exit).code, 0);
});
