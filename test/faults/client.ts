// A process of its own, which nobody traces: asks all the time, half over connections that stay, and tells what failed.
import http from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';

/** A request that was not answered in whole. */
export interface Failure {
  readonly id: string;
  readonly cause: string;
  /** Of the client's end of the connection. */
  readonly port: number | undefined;
  /** When the request was begun, milliseconds of the clock. */
  readonly since: number;
  /** Who had answered on this connection before; undefined for a new one. */
  readonly pid: number | undefined;
}

/** What happened since the report before. */
export interface LoadReport {
  readonly failures: readonly Failure[];
  /** Numbers of the answered requests, by the worker that answered. */
  readonly answered: Readonly<Record<string, readonly string[]>>;
}

/** What a client waits for an answer, in milliseconds: longer than any worker may hang. */
const PATIENCE = 25_000;
const PAUSE = 40;

const [port = '', prefix = '', clients = ''] = process.argv.slice(2);
let failures: Failure[] = [];
let answered: Record<string, string[]> = {};
let number = 0;
process.on('message', () => {
  process.send?.({ failures, answered } satisfies LoadReport);
  failures = [];
  answered = {};
});
process.on('disconnect', () => process.exit(0));
for (let i = 0; i < Number(clients); i += 1) void client(i % 2 === 0);

async function client(keepAlive: boolean): Promise<void> {
  const agent = new http.Agent({ keepAlive, maxSockets: 1 });
  for (;;) {
    await delay(PAUSE);
    await ask(agent, `${prefix}${++number}`);
  }
}

const owners = new WeakMap<object, number>();

function ask(agent: http.Agent, id: string): Promise<void> {
  return new Promise((resolve) => {
    const since = Date.now();
    let own: number | undefined;
    let owner: number | undefined;
    const fail = (cause: string) => {
      failures.push({ id, cause, port: own, since, pid: owner });
      resolve();
    };
    const request = http.get({ host: '127.0.0.1', port, path: `/${id}`, agent }, (response) => {
      let body = '';
      response.setEncoding('utf8').on('data', (text) => {
        body += text;
      });
      response.on('error', ({ message }) => fail(message));
      response.on('end', () => {
        const [told, pid = ''] = body.split(' ');
        if (told !== id) return fail(`answered with ${JSON.stringify(body)}`);
        if (request.socket) owners.set(request.socket, Number(pid));
        answered[pid] = [...(answered[pid] ?? []), id];
        resolve();
      });
    });
    request.on('socket', (socket) => {
      owner = owners.get(socket);
      own = socket.localPort;
      if (socket.connecting) {
        socket.once('connect', () => {
          own = socket.localPort;
        });
      }
    });
    request.on('error', (error: NodeJS.ErrnoException) => fail(error.code ?? error.message));
    request.setTimeout(PATIENCE, () => request.destroy(new Error('no answer')));
  });
}
