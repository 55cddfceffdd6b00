import { Connection, type ConnectionEvents, type Line, type Outcome } from './connection.js';
import type { Protocol } from './contender.js';
import { Http2Connection } from './http2-connection.js';
import { Tally, type Window } from './tally.js';

export interface LoadOptions {
  readonly port: number;
  /** `new`: a connection for each request. */
  readonly kind: 'keep-alive' | 'new';
  /** Requests a second, sent when due whether or not others are open; 0: as many as `connections` at a time give. */
  readonly rate: number;
  readonly connections: number;
  readonly protocol?: Protocol;
  /** When an open request counts as hanging, in milliseconds. */
  readonly hangMs: number;
}

const TICK_MS = 2;
const SWEEP_MS = 100;

/** An HTTP client that loads one port until it is stopped. */
export class Client {
  readonly #options: LoadOptions;
  readonly #tally = new Tally();
  readonly #open = new Set<Line>();
  readonly #idle: Line[] = [];
  readonly #timers: NodeJS.Timeout[] = [];
  #running = true;
  #due = 0;
  #drained: () => void = () => undefined;

  constructor(options: LoadOptions) {
    this.#options = options;
  }

  start(phase: string): void {
    this.phase(phase);
    this.#timers.push(setInterval(() => this.#sweep(), SWEEP_MS));
    this.#due = performance.now();
    if (this.#options.kind === 'keep-alive') for (let i = 0; i < this.#options.connections; i++) this.#fill();
    if (this.#options.rate > 0) this.#timers.push(setInterval(() => this.#sendDue(), TICK_MS));
    else for (let i = 0; i < this.#options.connections; i++) this.#send(this.#due);
  }

  /** Requests due from now on are counted under this name. */
  phase(name: string): void {
    this.#tally.enter(name, performance.now());
  }

  /** Sends nothing more, waits for what is open, at most as long as a request may hang. */
  async stop(): Promise<Record<string, Window>> {
    this.#running = false;
    const now = performance.now();
    if (this.#open.size > 0) await new Promise<void>((resolve) => (this.#drained = resolve));
    for (const timer of this.#timers) clearInterval(timer);
    for (const connection of this.#idle) connection.destroy();
    return this.#tally.finish(now);
  }

  #sendDue(): void {
    const now = performance.now();
    for (; this.#running && this.#due <= now; this.#due += 1000 / this.#options.rate) this.#send(this.#due);
  }

  #send(since: number): void {
    // First in, first out: every idle connection gets its turn.
    const connection = this.#idle.shift() ?? connect(this.#options, this);
    this.#open.add(connection);
    connection.send(this.#tally.current, since, this.#options.kind === 'keep-alive');
  }

  /** A pool keeps its size: a connection that the server takes leave of is replaced before the next request needs it. */
  #fill(): void {
    this.#idle.push(connect(this.#options, this));
  }

  onDone(outcome: Outcome, connection: Line): void {
    const now = performance.now();
    this.#open.delete(connection);
    this.#tally.done(connection.phase, outcome, now - connection.since);
    if (this.#options.kind === 'new') connection.destroy();
    else if (connection.reusable) this.#idle.push(connection);
    else this.#lost(outcome);
    if (!this.#running) {
      if (this.#open.size === 0) this.#drained();
    } else if (this.#options.rate === 0) this.#again(outcome, now);
  }

  #lost(outcome: Outcome): void {
    if (!this.#running) return;
    this.#tally.closed();
    if (outcome === 'ok') this.#fill();
  }

  #again(outcome: Outcome, now: number): void {
    // A closed port would be asked without end, within one turn of the loop.
    if (outcome === 'ok') this.#send(now);
    else setTimeout(() => this.#running && this.#send(performance.now()), 1);
  }

  onIdleEnd(connection: Line): void {
    if (this.#running) this.#tally.closed();
    const at = this.#idle.indexOf(connection);
    if (at >= 0) this.#idle.splice(at, 1);
  }

  #sweep(): void {
    const before = performance.now() - this.#options.hangMs;
    for (const connection of [...this.#open]) if (connection.since < before) connection.giveUp();
  }
}

function connect({ port, protocol }: LoadOptions, events: ConnectionEvents): Line {
  return protocol === 'h2' ? new Http2Connection(port, events) : new Connection(port, events, protocol === 'https');
}
