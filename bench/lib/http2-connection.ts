import { type ClientHttp2Session, type ClientHttp2Stream, connect } from 'node:http2';
import { CAUSES, type ConnectionEvents, type Line, type Outcome } from './connection.js';

/** One HTTP/2 session with at most one open stream. A stream that is refused is a failure: nothing is sent twice. */
export class Http2Connection implements Line {
  since = 0;
  phase = '';
  reusable = true;
  readonly #session: ClientHttp2Session;
  readonly #events: ConnectionEvents;
  #open = false;
  #stream: ClientHttp2Stream | undefined;
  #cause: Outcome | undefined;

  constructor(port: number, events: ConnectionEvents) {
    this.#events = events;
    // The certificate is one of the tests'.
    this.#session = connect(`https://127.0.0.1:${port}`, { rejectUnauthorized: false });
    this.#session.on('error', (error: NodeJS.ErrnoException) => {
      this.#cause = CAUSES[error.code ?? ''] ?? 'other';
    });
    // The server takes leave: what is open is still answered, and nothing more is sent.
    this.#session.on('goaway', () => this.#retire());
    this.#session.on('close', () => this.#end(this.#cause ?? 'closed'));
  }

  send(phase: string, since: number): void {
    this.phase = phase;
    this.since = since;
    this.#open = true;
    const stream = this.#session.request({ ':path': '/' });
    let status = 0;
    stream.on('response', (headers) => {
      status = Number(headers[':status']);
    });
    stream.on('end', () => this.#done(status === 200 ? 'ok' : 'status'));
    stream.on('error', (error: NodeJS.ErrnoException) => {
      this.#cause ??= CAUSES[error.code ?? ''] ?? 'other';
    });
    stream.on('close', () => {
      if (stream === this.#stream) this.#end(this.#cause ?? 'closed');
    });
    stream.resume();
    this.#stream = stream;
  }

  giveUp(): void {
    this.#end('hang');
  }

  destroy(): void {
    this.#open = false;
    this.reusable = false;
    this.#session.destroy();
  }

  #retire(): void {
    const idle = !this.#open && this.reusable;
    this.reusable = false;
    if (idle) this.#events.onIdleEnd(this);
    this.#session.close();
  }

  #done(outcome: Outcome): void {
    if (!this.#open) return;
    this.#open = false;
    this.#events.onDone(outcome, this);
  }

  #end(outcome: Outcome): void {
    const idle = !this.#open && this.reusable;
    if (this.#open || this.#session.closed) this.reusable = false;
    this.#done(outcome);
    if (idle && this.#session.closed) this.#events.onIdleEnd(this);
  }
}
