import { type Outcome, retry, type Transport } from './outcome.js';

interface Connection {
  readonly transport: Transport;
  flights: number;
  retired: boolean;
}

/** One connection at a time, a new one after each failure that asks for it. */
export class Connections {
  readonly #connect: () => Transport;
  #current: Connection | undefined;
  /** Those that are closed when the last request on them has its outcome. */
  readonly #retired = new Set<Connection>();

  constructor(connect: () => Transport) {
    this.#connect = connect;
  }

  /** Runs one request over the connection of the day. */
  async use(send: (transport: Transport) => Promise<Outcome>): Promise<Outcome> {
    this.#current ??= { transport: connectOrFail(this.#connect), flights: 0, retired: false };
    const connection = this.#current;
    connection.flights++;
    const outcome = await send(connection.transport);
    connection.flights--;
    // The next connection has the headers of then.
    if (outcome.type === 'held' || (outcome.type === 'retry' && outcome.reconnect)) connection.retired = true;
    if (connection.retired) this.#retire(connection);
    return outcome;
  }

  /** The next request goes over a new one: the one of the day answers nothing. */
  renew(): void {
    if (this.#current === undefined || this.#current.flights === 0) return;
    this.#current.retired = true;
    this.#retire(this.#current);
  }

  /** Ends all at once, with what is in flight. */
  close(): void {
    this.#current?.transport.close();
    this.#current = undefined;
    for (const { transport } of this.#retired) transport.close();
    this.#retired.clear();
  }

  /** Nothing new goes over it; it is closed when the last request on it has its outcome. */
  #retire(connection: Connection): void {
    if (this.#current === connection) this.#current = undefined;
    if (connection.flights > 0) {
      this.#retired.add(connection);
      return;
    }
    this.#retired.delete(connection);
    connection.transport.close();
  }
}

/** A certificate that cannot be read is tried again like a collector that cannot be reached. */
function connectOrFail(connect: () => Transport): Transport {
  try {
    return connect();
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    return { send: () => Promise.resolve(retry(reason)), close: () => undefined };
  }
}
