import http from 'node:http';
import https from 'node:https';
import test from 'ava';
import { fixture, kfCluster } from '../helpers/cluster.js';
import { serve } from '../helpers/drain.js';
import { refused } from '../helpers/raw.js';

const RELOADS = 3;

interface Load {
  /** What went wrong, by its code. A refused connection counts only while the cluster should serve. */
  readonly failures: string[];
  answered: number;
  /** From now on a refused connection ends its client. */
  stopping: boolean;
  readonly done: Promise<unknown>;
}

/** Clients that ask without a pause; nothing is sent twice. */
function load(secure: boolean, port: number, count: number, keepAlive: boolean): Load {
  const { Agent, get } = secure ? https : http;
  const ask = (agent: http.Agent) =>
    new Promise<number>((resolve, reject) => {
      const options = { port, host: '127.0.0.1', agent: agent as https.Agent, rejectUnauthorized: false };
      get(options, (response) => {
        response.on('error', reject).on('end', () => resolve(response.statusCode ?? 0));
        response.resume();
      }).on('error', reject);
    });
  const client = async () => {
    const agent = new Agent({ keepAlive, maxSockets: 1 });
    for (;;) {
      try {
        const status = await ask(agent);
        if (status !== 200) state.failures.push(String(status));
        state.answered += 1;
      } catch (error) {
        const { code = '' } = error as NodeJS.ErrnoException;
        if (state.stopping && code === 'ECONNREFUSED') return agent.destroy();
        state.failures.push(code);
      }
    }
  };
  const state = { failures: [] as string[], answered: 0, stopping: false, done: Promise.resolve() as Promise<unknown> };
  state.done = Promise.all(Array.from({ length: count }, client));
  return state;
}

for (const kind of ['http', 'https']) {
  test(`${kind}: no keep-alive request fails, through reloads and the stop`, async (t) => {
    const cluster = await serve(t, kind, {}, ['-w', '2']);
    const clients = load(kind === 'https', cluster.port, 8, true);
    for (let generation = 2; generation < 2 + RELOADS; generation += 1) {
      cluster.kill('SIGHUP');
      await cluster.line(new RegExp(`reload: generation ${generation} serves`));
    }
    clients.stopping = true;
    cluster.kill('SIGTERM');
    await refused({ port: cluster.port, host: '127.0.0.1' });
    await clients.done;
    t.log(`${clients.answered} requests`);
    t.deepEqual(clients.failures, []);
    t.is((await cluster.exit).code, 0);
  });
}

test('an app that closes its server itself, at SIGTERM, loses as little', async (t) => {
  const cluster = kfCluster(t, ['start', fixture('apps/careful.cjs'), '-w', '2', '--no-telemetry']);
  const [, port = ''] = await cluster.line(/^listening (\d+)/);
  await cluster.line(/ready: 2 workers/);
  const clients = load(false, Number(port), 8, true);
  for (let generation = 2; generation < 2 + RELOADS; generation += 1) {
    cluster.kill('SIGHUP');
    await cluster.line(new RegExp(`reload: generation ${generation} serves`));
  }
  clients.stopping = true;
  cluster.kill('SIGTERM');
  await clients.done;
  t.deepEqual(clients.failures, []);
  t.is((await cluster.exit).code, 0);
});

for (const scheduling of ['shared', 'rr']) {
  test(`${scheduling}: no new connection fails through reloads`, async (t) => {
    const flags = ['-w', '2', '--scheduling', scheduling];
    const cluster = await serve(t, 'http', {}, flags);
    const clients = load(false, cluster.port, 16, false);
    for (let generation = 2; generation < 2 + RELOADS; generation += 1) {
      cluster.kill('SIGHUP');
      await cluster.line(new RegExp(`reload: generation ${generation} serves`));
    }
    t.log(`${clients.answered} requests`);
    t.deepEqual(clients.failures, []);
    clients.stopping = true;
    // A connection in the kernel's queue is lost with the last listener.
    cluster.kill('SIGTERM');
    await clients.done;
    t.is((await cluster.exit).code, 0);
  });
}
