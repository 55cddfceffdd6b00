import { once } from 'node:events';
import http from 'node:http';
import net, { type AddressInfo } from 'node:net';
import test from 'ava';
import { drainServer } from '../../src/worker/servers/drain-server.js';
import { followServer } from '../../src/worker/servers/follow-server.js';
import { watchHttp } from '../../src/worker/servers/http-drain.js';
import type { Tracked } from '../../src/worker/servers/tracked-server.js';

test('HTTP is over when the app has heard of the end of the last connection, not when its server has closed', async (t) => {
  const servers = new Map<net.Server, Tracked>();
  const server = http.createServer();
  const tracked = followServer(server, servers, () => undefined);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const client = net.connect((server.address() as AddressInfo).port, '127.0.0.1').on('error', () => undefined);
  t.teardown(() => client.destroy());
  const [socket] = (await once(server, 'connection')) as [net.Socket];
  const heard: string[] = [];
  socket.on('close', () => heard.push('connection'));
  server.on('close', () => heard.push('server'));
  tracked.draining = drainServer(server, tracked, { mover: undefined, idleMs: 60_000 });
  const over = watchHttp(servers)
    .over(60_000)
    .then(() => heard.push('over'));
  // Both in one turn: the server's end is heard in it, the connection's behind the looks of that turn.
  await new Promise((resolve) => setTimeout(resolve, 0));
  socket.destroy();
  tracked.draining.onChange();
  await over;
  t.deepEqual(heard, ['server', 'connection', 'over']);
});
