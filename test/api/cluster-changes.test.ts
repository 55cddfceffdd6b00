import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { KfError } from '../../src/contract/errors.js';
import { controlPlace, socketPath } from '../../src/control/control-dir.js';
import { allFail, allGetReady, clusterInCode } from './in-code.js';

// One after the other: the directory of the control sockets is a setting of the process.

test.serial('scale adds and takes away workers; a number that is out of bounds is refused with why', async (t) => {
  const { cluster, ports } = clusterInCode(t);
  allGetReady(ports);
  await cluster.start();
  await cluster.scale(4);
  t.is(cluster.status().target, 4);
  t.is(ports.workers.length, 4);
  await cluster.scale(1);
  t.is(cluster.status().target, 1);
  const refused = await t.throwsAsync(cluster.scale(0), { instanceOf: KfError });
  t.is(refused.code, 'REFUSED');
  t.not(refused.why, '');
  t.is(cluster.status().target, 1);
  await cluster.stop();
  t.is((await t.throwsAsync(cluster.scale(2), { instanceOf: KfError })).code, 'REFUSED');
});

test.serial('reload reads the configuration again, and resolves when the new generation serves on it', async (t) => {
  const { cluster, ports, dir } = clusterInCode(t, { workers: undefined });
  const file = join(dir, 'kf-cluster.config.json');
  writeFileSync(file, JSON.stringify({ workers: 1, drainTimeout: '7s' }));
  allGetReady(ports);
  await cluster.start();
  t.is(ports.workers.length, 1);
  writeFileSync(file, JSON.stringify({ workers: 2, drainTimeout: '9s' }));
  const reloaded = cluster.reload();
  while (ports.workers.length < 2) await new Promise(setImmediate);
  while (cluster.status().phase === 'reloading') {
    ports.advance(500); // the canary has that long to show that it stays
    await new Promise(setImmediate);
  }
  await reloaded;
  t.is(cluster.status().generation, 2);
  t.is(ports.workers.length, 3);
  t.is(ports.worker(3).spec.boot.drainTimeoutMs, 9_000);
  await cluster.stop();
});

test.serial('a reload whose new worker fails rejects, and the old generation keeps serving', async (t) => {
  const { cluster, ports } = clusterInCode(t, { workers: 1 });
  allGetReady(ports);
  await cluster.start();
  allFail(ports);
  const failed = await t.throwsAsync(cluster.reload(), { instanceOf: KfError });
  t.is(failed.code, 'RELOAD_FAILED');
  t.deepEqual(
    cluster.status().workers.map(({ generation, phase }) => [generation, phase]),
    [[1, 'ready']],
  );
  await cluster.stop();
});

test.serial('a configuration that has become wrong refuses the reload, and nothing is forked for it', async (t) => {
  const { cluster, ports, dir } = clusterInCode(t);
  allGetReady(ports);
  await cluster.start();
  writeFileSync(join(dir, 'kf-cluster.config.json'), '{"workers": "many"}');
  t.is((await t.throwsAsync(cluster.reload(), { instanceOf: KfError })).code, 'CONFIG_INVALID');
  t.is(ports.workers.length, 2);
  t.is(cluster.status().phase, 'running');
  await cluster.stop();
});

test.serial('a listener of the program that throws keeps the cluster from nothing', async (t) => {
  const { cluster, ports } = clusterInCode(t);
  allGetReady(ports);
  cluster.on('notification', () => {
    throw new Error('of the program');
  });
  await cluster.start();
  t.is(cluster.status().workers.filter(({ phase }) => phase === 'ready').length, 2);
  t.is(await cluster.stop(), 0);
});

test.serial(
  'a pidfile that another process has keeps a cluster from its start, and its name is free again',
  async (t) => {
    const { cluster, dir, ports } = clusterInCode(t, { pidfile: 'kf.pid' });
    const pidfile = join(dir, 'kf.pid');
    writeFileSync(pidfile, `${process.ppid}\n`);
    const { code, why } = await t.throwsAsync(cluster.start(), { instanceOf: KfError });
    t.is(code, 'PIDFILE_IN_USE');
    t.true(why.includes(String(process.ppid)));
    t.is(readFileSync(pidfile, 'utf8'), `${process.ppid}\n`, 'it is not taken from it');
    t.is(ports.workers.length, 0);
    t.false(existsSync(socketPath(controlPlace().dir ?? '', 'shop')));
  },
);

test.serial('hooks of the program run around the cluster, and what the first one throws ends the start', async (t) => {
  const seen: unknown[] = [];
  const failing = () => {
    throw new Error('the database is not there');
  };
  const one = clusterInCode(t, {}, { inlineHooks: { onStarting: failing } });
  const { code, why } = await t.throwsAsync(one.cluster.start(), { instanceOf: KfError });
  t.is(code, 'HOOK_FAILED');
  t.true(why.includes('the database is not there'));
  t.is(one.ports.workers.length, 0);
  const inlineHooks = {
    onStarting: (start: unknown) => void seen.push(start),
    onExit: (end: unknown) => void seen.push(end),
  };
  const two = clusterInCode(t, { workers: 3 }, { inlineHooks });
  allGetReady(two.ports);
  await two.cluster.start();
  await two.cluster.stop();
  t.deepEqual(seen, [{ name: 'shop', workers: 3 }, { code: 0 }]);
});
