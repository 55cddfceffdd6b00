import { createRequire } from 'node:module';
import net from 'node:net';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { startClients } from '../helpers/clients.js';
import { figures, RELOADS, reloadUnderLoad } from './load.js';
import { type AppSpec, installed, serveApp } from './stage.js';

const LONG_LIVED = 6;

/** What long-lived clients saw: how each of their connections ended, and what they did that was not answered. */
interface Seen {
  readonly ends: string[];
  /** Resolves when so many have ended. */
  ended(count: number): Promise<void>;
  stop(): void;
}

const require = createRequire(join(installed('apps'), 'package.json'));

/** Opens `count` long-lived connections, each again whenever it has ended. */
function keepOpen(count: number, open: (ended: (how: string) => void) => () => void): Seen {
  const closers = new Map<number, () => void>();
  const ends: string[] = [];
  const waiting = new Set<() => void>();
  let stopped = false;
  const start = (number: number) => {
    let over = false;
    const close = open((how) => {
      if (stopped || over) return;
      over = true;
      ends.push(how);
      for (const check of [...waiting]) check();
      start(number);
    });
    closers.set(number, close);
  };
  for (let number = 0; number < count; number += 1) start(number);
  return {
    ends,
    ended: (total) =>
      new Promise((resolve) => {
        const check = () => {
          if (ends.length < total) return;
          waiting.delete(check);
          resolve();
        };
        waiting.add(check);
        check();
      }),
    stop: () => {
      stopped = true;
      for (const close of closers.values()) close();
    },
  };
}

interface ClientSocket extends NodeJS.EventEmitter {
  close(): void;
}

/** `1001` as the app closed it; or the error. */
function webSocket(port: number, ended: (how: string) => void): () => void {
  const WebSocket = require('ws') as new (url: string) => ClientSocket;
  const socket = new WebSocket(`ws://127.0.0.1:${port}/`);
  socket.on('error', ({ message }: Error) => ended(message));
  socket.on('close', (code: number) => ended(String(code)));
  return () => socket.close();
}

/** `transport close`, or the error. */
function socketIo(port: number, ended: (how: string) => void): () => void {
  const { io } = require('socket.io-client') as { io(url: string, options: object): ClientSocket };
  const socket = io(`http://127.0.0.1:${port}`, { transports: ['websocket'], reconnection: false, forceNew: true });
  socket.on('connect_error', ({ message }: Error) => ended(message));
  socket.on('disconnect', (reason: string) => ended(reason));
  return () => socket.close();
}

/** `whole` when the stream ended as a response ends, and then the connection by FIN. */
function eventStream(port: number, ended: (how: string) => void): () => void {
  const socket = net.connect({ port, host: '127.0.0.1' });
  let text = '';
  socket.on('data', (chunk) => {
    text += chunk;
    if (text.endsWith('\r\n0\r\n\r\n')) socket.end();
  });
  socket.on('error', ({ code }: NodeJS.ErrnoException) => ended(code ?? ''));
  socket.on('close', () => ended(text.endsWith('\r\n0\r\n\r\n') && text.includes('event: bye') ? 'whole' : 'cut off'));
  socket.write('GET /events HTTP/1.1\r\nhost: test\r\n\r\n');
  return () => socket.destroy();
}

interface LongLived {
  readonly app: AppSpec;
  readonly open: (port: number, ended: (how: string) => void) => () => void;
  /** How each of its connections ends, and whether the app itself ends them. */
  readonly end: string;
  readonly byTheApp: boolean;
}

async function endsLongLived(t: ExecutionContext, { app, open, end, byTheApp }: LongLived): Promise<void> {
  const cluster = await serveApp(t, { ...app, flags: ['--no-telemetry', ...(app.flags ?? [])] });
  const seen = keepOpen(LONG_LIVED, (ended) => open(cluster.port, ended));
  const clients = startClients({ port: cluster.port, keeping: 20, opening: 4 });
  await reloadUnderLoad(cluster, clients);
  // What each replaced worker said when its handler was told: it still had them.
  const told = byTheApp ? await cluster.lineTimes(/^told SIGTERM with (\d+) open/, RELOADS * 2) : [];
  const held = told.map(([, count]) => Number(count)).reduce((sum, count) => sum + count, 0);
  await seen.ended(Math.max(held, RELOADS * LONG_LIVED));
  seen.stop();
  clients.stopping();
  t.is(await cluster.stop(), 0);
  await clients.done;
  t.log(`${figures(clients)}; ${seen.ends.length} long-lived ended: ${[...new Set(seen.ends)].join(', ')}`);
  t.deepEqual(clients.failures, [], cluster.stderr());
  t.deepEqual(clients.closed, { idle: 0, told: 0 });
  if (byTheApp) t.is(held, seen.ends.length);
  t.deepEqual([...new Set(seen.ends)], [end]);
}

test.serial('ws: the app closes its WebSockets itself, and requests beside them go on', (t) =>
  endsLongLived(t, { app: { file: 'ws.mjs' }, open: webSocket, end: '1001', byTheApp: true }),
);

test.serial('ws without shutdown code: what is open when the drain is over ends by FIN, not by a reset', (t) => {
  const app = { file: 'ws.mjs', env: { SHUTDOWN: 'none' }, flags: ['--drain-timeout', '3s'] };
  return endsLongLived(t, { app, open: webSocket, end: '1006', byTheApp: false });
});

test.serial('socket.io: the app closes its clients itself, and requests beside them go on', (t) =>
  endsLongLived(t, { app: { file: 'socket-io.mjs' }, open: socketIo, end: 'transport close', byTheApp: true }),
);

test.serial('event streams: the app ends them itself, and requests beside them go on', (t) =>
  endsLongLived(t, { app: { file: 'sse.mjs' }, open: eventStream, end: 'whole', byTheApp: true }),
);
