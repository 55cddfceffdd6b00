import { createRequire } from 'node:module';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import test from 'ava';
import { hasRedis, startRedis } from '../helpers/redis.js';
import { RELOADS } from './load.js';
import { installed, serveApp } from './stage.js';

const JOBS = 1_000;
/** How long the last job may take, in seconds, until it counts as lost. */
const PATIENCE = 20;

/** What is used of them here. */
interface Packages {
  readonly Queue: new (
    name: string,
    options: object,
  ) => { add(name: string, data: object): Promise<unknown>; close(): Promise<void> };
  readonly Redis: new (
    options: object,
  ) => {
    blpop(key: string, seconds: number): Promise<[string, string] | null>;
    lrange(key: string, from: number, to: number): Promise<string[]>;
    quit(): Promise<unknown>;
  };
}

function packages(): Packages {
  const require = createRequire(join(installed('apps'), 'package.json'));
  return { Queue: require('bullmq').Queue, Redis: require('ioredis').default };
}

if (hasRedis()) {
  test('BullMQ: no job is lost and none is run twice, through four reloads', async (t) => {
    const port = await startRedis(t);
    const flags = ['--ready', 'started', '--no-telemetry'];
    const cluster = await serveApp(t, { file: 'queue.mjs', flags, env: { REDIS_PORT: String(port) } });
    const { Queue, Redis } = packages();
    const connection = { port, host: '127.0.0.1', maxRetriesPerRequest: null };
    const queue = new Queue('jobs', { connection });
    const ledger = new Redis(connection);

    const produced = (async () => {
      for (let number = 0; number < JOBS; number += 1) {
        await queue.add('job', { number });
        await pause(5);
      }
    })();
    for (let reload = 1; reload <= RELOADS; reload += 1) await cluster.reload(reload + 1);
    await produced;
    const done: number[] = [];
    while (done.length < JOBS) {
      const next = await ledger.blpop('done', PATIENCE);
      if (!next) break;
      done.push(Number(next[1]));
    }
    t.is(await cluster.stop(), 0);
    const begun = (await ledger.lrange('begun', 0, -1)).map(Number);
    done.push(...(await ledger.lrange('done', 0, -1)).map(Number));
    await queue.close();
    await ledger.quit();
    const each = Array.from({ length: JOBS }, (_, number) => number);
    t.log(`${begun.length} begun, ${done.length} done of ${JOBS} jobs`);
    t.deepEqual(
      done.sort((a, b) => a - b),
      each,
      cluster.stderr(),
    );
    t.deepEqual(
      begun.sort((a, b) => a - b),
      each,
    );
    t.notRegex(cluster.stderr(), /SIGKILL/);
  });
} else {
  test('BullMQ: left out', (t) => {
    t.log('no redis-server on this machine, and none could be had from Debian');
    t.pass();
  });
}
