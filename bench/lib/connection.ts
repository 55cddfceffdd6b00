import { connect, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';

/** What became of one request. Nothing is ever sent twice. */
export type Outcome =
  | 'ok'
  /** The port was closed: the client knows that nothing was served. */
  | 'refused'
  /** ECONNRESET or EPIPE instead of a whole response. */
  | 'reset'
  /** An orderly end instead of a whole response. */
  | 'closed'
  /** Neither a response nor an end within the bound. */
  | 'hang'
  /** A response other than 200. */
  | 'status'
  | 'other';

export interface ConnectionEvents {
  onDone(outcome: Outcome, connection: Line): void;
  /** The connection ended while no request was open: no failure, but not to be used again. */
  onIdleEnd(connection: Line): void;
}

/** A connection with at most one open request. */
export interface Line {
  /** When the open request should have been sent, on the clock of performance.now(). */
  readonly since: number;
  /** The window of the run the open request belongs to. */
  readonly phase: string;
  readonly reusable: boolean;
  send(phase: string, since: number, keepAlive: boolean): void;
  /** Gives up on the open request. */
  giveUp(): void;
  destroy(): void;
}

const KEEP = 'GET / HTTP/1.1\r\nhost: bench\r\n\r\n';
const CLOSE = 'GET / HTTP/1.1\r\nhost: bench\r\nconnection: close\r\n\r\n';
export const CAUSES: Readonly<Record<string, Outcome>> = {
  ECONNREFUSED: 'refused',
  ECONNRESET: 'reset',
  EPIPE: 'reset',
};

/** One HTTP/1.1 connection with at most one open request, as lean as a client can be on node:net. */
export class Connection implements Line {
  since = 0;
  phase = '';
  open = false;
  reusable = true;
  readonly #socket: Socket;
  readonly #events: ConnectionEvents;
  #text = '';

  constructor(port: number, events: ConnectionEvents, secure = false) {
    this.#events = events;
    const to = { port, host: '127.0.0.1', noDelay: true };
    // The certificate is one of the tests'.
    this.#socket = secure ? connectTls({ ...to, rejectUnauthorized: false }) : connect(to);
    this.#socket.on('data', (chunk) => this.#read(chunk));
    this.#socket.on('error', (error: NodeJS.ErrnoException) => this.#end(CAUSES[error.code ?? ''] ?? 'other'));
    this.#socket.on('close', () => this.#end('closed'));
  }

  send(phase: string, since: number, keepAlive: boolean): void {
    this.phase = phase;
    this.since = since;
    this.open = true;
    this.#text = '';
    this.#socket.write(keepAlive ? KEEP : CLOSE, 'latin1');
  }

  giveUp(): void {
    this.#end('hang');
  }

  destroy(): void {
    this.open = false;
    this.reusable = false;
    this.#socket.destroy();
  }

  #read(chunk: Buffer): void {
    this.#text += chunk.toString('latin1');
    const head = this.#text.indexOf('\r\n\r\n');
    if (head < 0 || !this.open) return;
    const length = Number(/content-length: (\d+)/i.exec(this.#text)?.[1] ?? 0);
    if (this.#text.length < head + 4 + length) return;
    this.open = false;
    const ok = this.#text.startsWith('HTTP/1.1 200');
    if (/connection: close/i.test(this.#text)) {
      this.reusable = false;
      this.#socket.end();
    }
    this.#events.onDone(ok ? 'ok' : 'status', this);
  }

  #end(outcome: Outcome): void {
    const { open, reusable } = this;
    this.destroy();
    if (open) this.#events.onDone(outcome, this);
    else if (reusable) this.#events.onIdleEnd(this);
  }
}
