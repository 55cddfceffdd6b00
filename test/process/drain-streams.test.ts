import test from 'ava';
import { fixture, kfCluster } from '../helpers/cluster.js';
import { openRaw } from '../helpers/raw.js';

const UPGRADE = 'GET / HTTP/1.1\r\nhost: a\r\nupgrade: websocket\r\nconnection: upgrade\r\n\r\n';
const EVENTS = 'GET / HTTP/1.1\r\nhost: a\r\n\r\n';

for (const [what, request] of [
  ['a WebSocket', UPGRADE],
  ['an event stream', EVENTS],
] as const) {
  test(`${what} is said goodbye to in onDraining, and the drain ends with it`, async (t) => {
    const args = ['start', fixture('drain/streams.cjs'), '-w', '1', '--no-telemetry', '--drain-timeout', '10m'];
    const cluster = kfCluster(t, args, { env: { BYE: '1' } });
    const [, port = ''] = await cluster.line(/^listening (\d+)/);
    const client = await openRaw({ port: Number(port), host: '127.0.0.1' });
    client.send(request);
    await client.until(/hello/);
    cluster.kill('SIGTERM');
    await cluster.line(/^draining stop true/);
    await client.until(/bye/);
    await client.ended;
    t.is((await cluster.exit).code, 0);
  });

  test(`${what} that stays lives until the drain deadline, then ends without a reset`, async (t) => {
    const args = ['start', fixture('drain/streams.cjs'), '-w', '1', '--no-telemetry', '--drain-timeout', '500ms'];
    const cluster = kfCluster(t, args);
    const [, port = ''] = await cluster.line(/^listening (\d+)/);
    const client = await openRaw({ port: Number(port), host: '127.0.0.1' });
    client.send(request);
    await client.until(/hello/);
    cluster.kill('SIGTERM');
    await client.until(/more/);
    t.notRegex(await client.ended, /bye/);
    t.deepEqual(await cluster.exit, { code: 0, signal: null });
  });
}
