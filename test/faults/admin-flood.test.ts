import net from 'node:net';
import test, { type ExecutionContext } from 'ava';
import { BIN, fixture, NODE, watch } from '../helpers/cluster.js';
import { session } from '../helpers/control.js';
import { get } from '../helpers/http.js';
import '../helpers/json-log.js';
import { onLinux } from '../helpers/linux.js';

const APP = ['start', fixture('apps/http.cjs'), '-w', '2', '--no-telemetry'];

/** Connections that say nothing, or only `head`; all open when it resolves. */
async function silent(t: ExecutionContext, count: number, to: net.NetConnectOpts, head = ''): Promise<net.Socket[]> {
  const sockets = Array.from({ length: count }, () => net.connect(to));
  t.teardown(() => {
    for (const socket of sockets) socket.destroy();
  });
  await Promise.all(
    sockets.map(
      (socket) =>
        new Promise<void>((resolve) => {
          socket.once('connect', () => {
            socket.write(head);
            resolve();
          });
          socket.once('error', () => resolve()); // the supervisor has put it out again
        }),
    ),
  );
  return sockets;
}

const closed = (socket: net.Socket) => new Promise((resolve) => socket.once('close', resolve));

test('1,200 silent connections on the health port end nothing: probes are answered, a killed worker is replaced', async (t) => {
  if (!onLinux(t, 'prlimit')) return;
  const cluster = watch(t, 'prlimit', ['--nofile=1024', NODE, BIN, ...APP, '--admin-port', '0']);
  const { port: admin } = await cluster.event('health-port');
  const { pid: worker } = await cluster.event('worker-ready');
  await cluster.ready(2);
  const to = { host: '127.0.0.1', port: Number(admin) };
  await Promise.all([silent(t, 600, to), silent(t, 600, to, 'GET /livez HTTP/1.1\r\nX: ')]);
  t.is((await get(admin, '/livez')).status, 200);
  process.kill(Number(worker), 'SIGKILL');
  await cluster.eventTimes('worker-ready', 3);
  t.is((await get(admin, '/readyz')).status, 200);
  cluster.kill('SIGTERM');
  t.is((await cluster.exit).code, 0);
});

test('the same on the control socket: status answers', async (t) => {
  const { start, run, runtimeDir } = session(t);
  const cluster = start([...APP, '--name', 'shop']);
  await cluster.ready(2);
  await silent(t, 300, { path: `${runtimeDir}/kf-cluster/shop.sock` });
  t.is((await run('status')).code, 0);
  t.is((await run('stop')).code, 0);
});

test('a connection without a request, with half of one, or with half of a body is closed', async (t) => {
  const { start, runtimeDir } = session(t);
  const cluster = start([...APP, '--name', 'shop', '--admin-port', '0']);
  const { port: admin } = await cluster.event('health-port');
  await cluster.ready(2);
  const to = { host: '127.0.0.1', port: Number(admin) };
  const control = { path: `${runtimeDir}/kf-cluster/shop.sock` };
  const half = 'POST /v1/scale HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\n{';
  const all = await Promise.all([
    silent(t, 1, to),
    silent(t, 1, to, 'GET /livez HTTP/1.1\r\nX: '),
    silent(t, 1, control),
    silent(t, 1, control, half),
  ]);
  await Promise.all(all.flat().map((socket) => closed(socket.resume())));
  t.is((await get(admin, '/livez')).status, 200);
});
