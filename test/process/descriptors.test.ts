import { existsSync } from 'node:fs';
import http from 'node:http';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { BIN, fixture, NODE, privateDir, watch } from '../helpers/cluster.js';
import '../helpers/json-log.js';
import { session } from '../helpers/control.js';
import { get } from '../helpers/http.js';
import { openRaw } from '../helpers/raw.js';

/** A worker with a request in flight and no descriptor left. */
async function exhausted(t: ExecutionContext, ...args: string[]) {
  const { env, run } = session(t);
  const start = [NODE, BIN, 'start', fixture('apps/eats-descriptors.cjs'), '-w', '1', '--name', 'eats', ...args];
  const cluster = watch(t, 'sh', ['-c', 'ulimit -n 200 && exec "$0" "$@"', ...start], { env });
  const [, port = ''] = await cluster.line(/^listening (\d+)/);
  await cluster.ready(1);
  const held = get(port, '/hold');
  const [, pid = ''] = await cluster.line(/^holding (\d+)/);
  // No new connection can be accepted soon: this one is kept.
  const agent = new http.Agent({ keepAlive: true });
  t.teardown(() => agent.destroy());
  t.is((await get(port, '/eat', agent)).body, 'EMFILE');
  return { cluster, run, port, agent, held, release: () => process.kill(Number(pid), 'SIGUSR2') };
}

for (const telemetry of ['--no-telemetry', '--metrics-exporter=prometheus'])
  test(`${telemetry}: a worker without descriptors answers status and a scrape, and its request in flight`, async (t) => {
    const { cluster, run, held, release, agent, port } = await exhausted(
      t,
      telemetry,
      '--admin-port',
      '0',
      '--flush-timeout',
      '500ms',
    );
    const { port: admin } = await cluster.event('health-port');
    for (;;) {
      const { workers } = JSON.parse((await run('status', '--name', 'eats', '--json')).stdout);
      if (!workers[0].stats) continue; // not scheduled for half a second
      t.true(workers[0].stats.rss > 10_000_000);
      break;
    }
    t.is((await get(admin, '/metrics')).status, 200);
    release();
    t.is((await held).body, 'released');
    t.is((await get(port, '/', agent)).body, 'ok');
    agent.destroy();
    cluster.kill('SIGTERM');
    t.is((await cluster.exit).code, 0);
    t.is(cluster.events('worker-exit', { slot: 0, code: 0, reason: 'stop' }).length, 1);
  });

test('--max-memory: a worker without descriptors that has grown is replaced, its request in flight answered', async (t) => {
  const args = ['--no-telemetry', '--max-memory', '100MB'];
  const { cluster, port, agent, held, release } = await exhausted(t, ...args);
  await get(port, '/grow', agent);
  await cluster.event('worker-recycled', { slot: 0, cause: 'max-memory' });
  release();
  t.is((await held).body, 'released');
  agent.destroy();
  await cluster.event('worker-exit', { slot: 0, code: 0, reason: 'recycle' });
});

test('an app that closes its stdin, stdout and stderr: its lines go into no answer, and its connections close', async (t) => {
  const caught = join(privateDir(t), 'caught');
  const { env } = session(t);
  const args = [BIN, 'start', fixture('apps/closes-streams.cjs'), '-w', '1', '--no-telemetry'];
  const cluster = watch(t, NODE, args, { env: { ...env, CAUGHT: caught } });
  const [, port = ''] = await cluster.line(/^listening (\d+)/);
  await cluster.ready(1);
  t.is((await get(port, '/close')).body, 'ok');
  const all = Array.from({ length: 10 }, () => openRaw({ port: Number(port), host: '127.0.0.1' }));
  for (const raw of await Promise.all(all)) {
    raw.send('GET / HTTP/1.1\r\nhost: a\r\n\r\n');
    t.regex(await raw.until(/ok$/), /^HTTP\/1\.1 200 OK\r\n/);
    raw.send('GET / HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n');
    t.notRegex(await raw.ended, /a line of/);
  }
  cluster.kill('SIGTERM');
  t.is((await cluster.exit).code, 0);
  t.false(existsSync(caught));
});
