import { createRequire } from 'node:module';
import { join } from 'node:path';
import test from 'ava';
import { startClients } from '../helpers/clients.js';
import { installed, serveApp } from './stage.js';

const CLIENTS = 8;

interface Client extends NodeJS.EventEmitter {
  close(): void;
}

const require = createRequire(join(installed('apps'), 'package.json'));

/** Clients until both workers have some, as each worker greets its own. */
async function clientsOfBoth(port: number): Promise<Client[]> {
  const { io } = require('socket.io-client') as { io(url: string, options: object): Client };
  const clients: Client[] = [];
  const workers = new Set<string>();
  while (clients.length < CLIENTS || workers.size < 2) {
    const client = io(`http://127.0.0.1:${port}`, { transports: ['websocket'], forceNew: true });
    workers.add(await new Promise((resolve) => client.once('hello', ({ worker }) => resolve(worker))));
    clients.push(client);
  }
  return clients;
}

/** Resolves when a worker of the second generation has greeted it; one of the first may do so before. */
function isBack(client: Client): Promise<void> {
  return new Promise((resolve) => client.on('hello', ({ generation }) => generation === '2' && resolve()));
}

/** What one client says, as each of them hears it. */
async function heardByAll(clients: readonly Client[], message: unknown): Promise<unknown[]> {
  const heard = clients.map(
    (client) => new Promise((resolve) => client.once('said', ({ message: said }) => resolve(said))),
  );
  clients[0]!.emit('say', message);
  return Promise.all(heard);
}

test('socket.io: a message with a buffer reaches the clients of both workers, before a reload and after', async (t) => {
  const cluster = await serveApp(t, { folder: 'examples/socketio', file: 'app.js', flags: ['--no-telemetry'] });
  const requests = startClients({ port: cluster.port, keeping: 4, opening: 1 });
  const clients = await clientsOfBoth(cluster.port);
  t.teardown(() => clients.forEach((client) => void client.close()));
  const message = { text: 'hello', bytes: Buffer.from('bytes') };
  for (const heard of await heardByAll(clients, message)) t.deepEqual(heard, message);

  const back = Promise.all(clients.map(isBack));
  await cluster.reload(2);
  await back;
  for (const heard of await heardByAll(clients, message)) t.deepEqual(heard, message);
  requests.stopping();
  t.is(await cluster.stop(), 0);
  await requests.done;
  t.deepEqual(requests.failures, []);
});
