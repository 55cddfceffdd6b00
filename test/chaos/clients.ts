import http from 'node:http';
import type { Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';

/** A request that was not answered in whole, with its own number. */
export interface Failure {
  readonly id: string;
  readonly cause: string;
  /** Of the client's end of the connection; undefined when it never had one. */
  readonly port: number | undefined;
  /** When that connection was begun, in ms of the epoch: an earlier one may have had the same port. */
  readonly since: number;
  /** When it failed, in ms of the epoch: a later one may have the same port. */
  readonly until: number;
}

export interface Clients {
  readonly failures: readonly Failure[];
  readonly answered: ReadonlySet<string>;
  /** Sends nothing more; resolves when nothing is open. */
  stop(): Promise<void>;
}

/** What a client waits for an answer, in milliseconds: longer than any worker may hang. */
const PATIENCE = 30_000;

/** Clients that ask one after the other, half of them over one connection each; nothing is sent twice. */
export function startClients(port: number, count: number, pauseMs: number): Clients {
  const failures: Failure[] = [];
  const answered = new Set<string>();
  let next = 1;
  let stopping = false;
  const client = async (keepAlive: boolean) => {
    const agent = new http.Agent({ keepAlive, maxSockets: 1 });
    while (!stopping) {
      const id = String(next++);
      const failure = await ask(port, id, agent);
      if (failure) failures.push(failure);
      else answered.add(id);
      await delay(pauseMs);
    }
    agent.destroy();
  };
  const done = Promise.all(Array.from({ length: count }, (_, i) => client(i % 2 === 0)));
  return {
    failures,
    answered,
    stop: async () => {
      stopping = true;
      await done;
    },
  };
}

const begunAt = new WeakMap<Socket, number>();

function ask(port: number, id: string, agent: http.Agent): Promise<Failure | undefined> {
  return new Promise((resolve) => {
    let own: number | undefined;
    let since = Date.now();
    const fail = (cause: string) => resolve({ id, cause, port: own, since, until: Date.now() });
    const request = http.get({ host: '127.0.0.1', port, path: `/${id}`, agent }, (response) => {
      let body = '';
      response.setEncoding('utf8').on('data', (text) => {
        body += text;
      });
      response.on('error', ({ message }) => fail(message));
      response.on('end', () => (body === id ? resolve(undefined) : fail(`answered with ${JSON.stringify(body)}`)));
    });
    request.on('socket', (socket) => {
      own = socket.localPort;
      since = begunAt.get(socket) ?? since;
      begunAt.set(socket, since);
      if (!socket.connecting) return;
      socket.once('connect', () => {
        own = socket.localPort;
      });
    });
    request.on('error', (error: NodeJS.ErrnoException) => fail(error.code ?? error.message));
    request.setTimeout(PATIENCE, () => request.destroy(new Error('no answer')));
  });
}
