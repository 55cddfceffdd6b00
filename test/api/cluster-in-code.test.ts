import { existsSync, readFileSync } from 'node:fs';
import test from 'ava';
import { KfError } from '../../src/contract/errors.js';
import { call } from '../../src/control/client.js';
import { controlPlace, socketPath } from '../../src/control/control-dir.js';
import { allFail, allGetReady, clusterInCode } from './in-code.js';

// One after the other: the directory of the control sockets is a setting of the process.

test.serial('start resolves when every worker is ready, and its events say so in their order', async (t) => {
  const { cluster, ports, notifications } = clusterInCode(t, { workers: 3 });
  const said: string[] = [];
  cluster.on('ready', () => said.push(`ready with ${cluster.status().workers.length}`));
  const started = cluster.start().then(() => said.push('started'));
  while (ports.workers.length < 3) await new Promise(setImmediate);
  t.deepEqual(said, []);
  for (const worker of ports.workers) worker.ready();
  await started;
  t.deepEqual(said, ['ready with 3', 'started']);
  t.deepEqual(notifications.map(({ type }) => type).filter((type) => type === 'worker-ready').length, 3);
  t.is(notifications.at(-1)?.type, 'all-ready');
  cluster.on('exit', (code) => said.push(`exit ${code}`));
  t.is(await cluster.stop(), 0);
  t.is(said.at(-1), 'exit 0');
});

test.serial('before start nothing can be asked of a cluster, and it starts once', async (t) => {
  const { cluster, ports } = clusterInCode(t);
  for (const asked of [() => cluster.scale(3), () => cluster.reload(), async () => cluster.status()]) {
    t.is((await t.throwsAsync(asked, { instanceOf: KfError })).code, 'BAD_CALL');
  }
  t.is(await cluster.stop(), 0, 'there is nothing to stop, which is no error');
  allGetReady(ports);
  await cluster.start();
  t.is((await t.throwsAsync(cluster.start(), { instanceOf: KfError })).code, 'BAD_CALL');
  t.is(ports.workers.length, 2, 'and the second call has forked nothing');
  await cluster.stop();
});

test.serial('the first generation that never gets ready rejects start, and the name is free again', async (t) => {
  const { cluster, ports } = clusterInCode(t, { workers: 1, maxRestarts: 1 });
  const exits: number[] = [];
  cluster.on('exit', (code) => exits.push(code));
  ports.rolls.push(...Array.from({ length: 20 }, () => 0));
  allFail(ports);
  const started = t.throwsAsync(cluster.start(), { instanceOf: KfError });
  while (exits.length === 0) {
    ports.advance(10_000);
    await new Promise(setImmediate);
  }
  t.is((await started).code, 'FIRST_GENERATION_FAILED');
  t.not(exits[0], 0);
  t.false(existsSync(socketPath(controlPlace().dir ?? '', 'shop')));
});

test.serial('a stop before the workers are ready cuts start short, with the reason', async (t) => {
  const { cluster, ports } = clusterInCode(t);
  const started = t.throwsAsync(cluster.start(), { instanceOf: KfError });
  while (ports.workers.length < 2) await new Promise(setImmediate);
  await cluster.stop();
  t.is((await started).code, 'REFUSED');
});

test.serial('leaving its scope stops a cluster, as stop does, and stopping twice changes nothing', async (t) => {
  const { cluster, ports } = clusterInCode(t);
  allGetReady(ports);
  await cluster.start();
  await cluster[Symbol.asyncDispose]();
  t.true(ports.workers.every(({ sent }) => sent.some(({ type }) => type === 'stop')));
  t.is(await cluster.stop(), 0);
});

test.serial('stop drains; with force it leaves no time to', async (t) => {
  const drains = async (force: boolean) => {
    const { cluster, ports } = clusterInCode(t, { workers: 1, drainTimeout: '20s' });
    allGetReady(ports);
    await cluster.start();
    await cluster.stop({ force });
    const stop = ports.worker(1).sent.find((message) => message.type === 'stop');
    return stop?.drainMs;
  };
  t.is(await drains(false), 20_000);
  t.is(await drains(true), 0);
});

test.serial("a worker's exit report is an event, with whose it is", async (t) => {
  const { cluster, ports } = clusterInCode(t, { workers: 1 });
  const reports: unknown[] = [];
  cluster.on('flushed', ({ slot, pid, requests }) => reports.push([slot, pid, requests]));
  allGetReady(ports);
  await cluster.start();
  ports.onSend = (worker, message) => {
    if (message.type !== 'stop') return;
    worker.say({ type: 'flushed', instanceId: 'a', requests: 12, ms: 1 });
    worker.exit(0);
  };
  await cluster.stop();
  t.deepEqual(reports, [[0, 1_001, 12]]);
});

test.serial('the command line finds it under its name, and a second one of that name is refused', async (t) => {
  const { cluster, ports, log } = clusterInCode(t, { name: 'till' });
  allGetReady(ports);
  await cluster.start();
  const socket = socketPath(controlPlace().dir ?? '', 'till');
  t.like(await call(socket, { path: '/v1' }), { name: 'till', pid: process.pid });
  const { XDG_RUNTIME_DIR } = process.env;
  const second = clusterInCode(t, { name: 'till' });
  process.env.XDG_RUNTIME_DIR = XDG_RUNTIME_DIR;
  t.is((await t.throwsAsync(second.cluster.start(), { instanceOf: KfError })).code, 'NAME_IN_USE');
  t.is(second.ports.workers.length, 0);
  t.is(await second.cluster.stop(), 0, 'what did not start is stopped without a second error');
  await cluster.stop();
  t.false(existsSync(socket));
  t.true(readFileSync(log, 'utf8').length > 0);
});
