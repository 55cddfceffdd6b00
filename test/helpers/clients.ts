import net from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';

/** How long a client waits for an answer before it is a hang, in milliseconds. */
const PATIENCE = 15_000;

/** Why a request failed: the status it was answered with, or what became of its connection. */
export type Failure = `${number}` | 'refused' | 'reset' | 'closed' | 'hang';

/** How the server ended connections that no request was open on, or on which it announced it. */
export interface ClosedByServer {
  /** FIN or RST while the client was idle. */
  idle: number;
  /** `Connection: close` in a response. */
  told: number;
}

export interface Clients {
  requests: number;
  /** How each went wrong, with ` in the stop` behind it where that had begun. */
  readonly failures: string[];
  /** Before the stop began. */
  readonly closed: ClosedByServer;
  /** Resolves when so many requests have been answered or failed, in all. */
  asked(count: number): Promise<void>;
  /** From now on connections may be closed, and a new one that is refused is no failure and ends its client. */
  stopping(): void;
  readonly done: Promise<unknown>;
}

interface Parts {
  readonly port: number;
  readonly path?: string;
  /** Clients that keep their connection, and those that open one for each request. */
  readonly keeping: number;
  readonly opening: number;
}

/** Raw HTTP/1.1 clients: nothing is sent twice, and a connection that the server closed is told from one that they did. */
export function startClients({ port, path = '/', keeping, opening }: Parts): Clients {
  const waiting = new Set<() => void>();
  let isStopping = false;
  const state: Clients = {
    requests: 0,
    failures: [],
    closed: { idle: 0, told: 0 },
    asked: (count) =>
      new Promise((resolve) => {
        const check = () => {
          if (state.requests < count) return;
          waiting.delete(check);
          resolve();
        };
        waiting.add(check);
        check();
      }),
    stopping: () => {
      isStopping = true;
    },
    done: Promise.resolve(),
  };
  const client = async (keep: boolean) => {
    let line: Line | undefined;
    for (;;) {
      await pause(50 + Math.random() * 75);
      const fresh = !line?.open;
      if (line && fresh && !isStopping) state.closed.idle += 1;
      if (!line || fresh) line = new Line(port, path);
      const outcome = await line.ask(keep);
      // The kernel resets what nobody had accepted when the last listener closed: no worker ever saw it.
      if (isStopping && fresh && (outcome === 'refused' || outcome === 'reset')) return line.end();
      state.requests += 1;
      if (outcome !== '200') state.failures.push(isStopping ? `${outcome} in the stop` : outcome);
      if (keep && line.toldToClose && !isStopping) state.closed.told += 1;
      if (!keep || line.toldToClose || !line.open) line = line.end();
      for (const check of [...waiting]) check();
    }
  };
  const all = [...Array(keeping).fill(true), ...Array(opening).fill(false)] as boolean[];
  Object.assign(state, { done: Promise.all(all.map(client)) });
  return state;
}

/** One connection with at most one open request. */
class Line {
  open = true;
  toldToClose = false;
  readonly #socket: net.Socket;
  readonly #path: string;
  #text = '';
  #settle: ((outcome: Failure) => void) | undefined;

  constructor(port: number, path: string) {
    this.#path = path;
    this.#socket = net.connect({ port, host: '127.0.0.1', noDelay: true });
    this.#socket.setEncoding('latin1');
    this.#socket.on('data', (chunk: string) => this.#read(chunk));
    this.#socket.on('error', ({ code }: NodeJS.ErrnoException) =>
      this.#over(code === 'ECONNREFUSED' ? 'refused' : 'reset'),
    );
    this.#socket.on('end', () => this.#over('closed'));
    this.#socket.on('close', () => this.#over('closed'));
  }

  ask(keep: boolean): Promise<Failure> {
    this.#text = '';
    const timer = setTimeout(() => this.#over('hang'), PATIENCE);
    this.#socket.write(`GET ${this.#path} HTTP/1.1\r\nhost: test\r\n${keep ? '' : 'connection: close\r\n'}\r\n`);
    return new Promise<Failure>((resolve) => {
      this.#settle = resolve;
    }).finally(() => clearTimeout(timer));
  }

  end(): undefined {
    this.open = false;
    this.#socket.destroy();
  }

  #read(chunk: string): void {
    this.#text += chunk;
    const head = this.#text.indexOf('\r\n\r\n');
    if (head < 0 || !isWhole(this.#text.slice(0, head), this.#text.slice(head + 4))) return;
    this.toldToClose = /^connection: *close/im.test(this.#text.slice(0, head));
    this.#answer(this.#text.slice(9, 12) as Failure);
  }

  #over(how: Failure): void {
    this.open = false;
    this.#answer(how);
  }

  #answer(outcome: Failure): void {
    const settle = this.#settle;
    this.#settle = undefined;
    settle?.(outcome);
  }
}

function isWhole(head: string, body: string): boolean {
  const length = /^content-length: *(\d+)/im.exec(head)?.[1];
  if (length !== undefined) return body.length >= Number(length);
  return /^transfer-encoding: *chunked/im.test(head) && /(^|\r\n)0\r\n\r\n$/.test(body);
}
