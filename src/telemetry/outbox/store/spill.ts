import type { SpoolPorts } from '../outbox-ports.js';
import type { Entry } from './entry.js';

/** Written per turn of the event loop, so that requests of the app are not held up. */
const SPILL_BYTES = 1 << 20;

/** Brings what waits in memory to disk, a piece each turn. `persist` says whether the disk took it. */
export class Spill {
  readonly #ports: SpoolPorts;
  readonly #waiting: () => readonly Entry[];
  readonly #persist: (entry: Entry) => boolean;
  #armed = false;

  constructor(ports: SpoolPorts, waiting: () => readonly Entry[], persist: (entry: Entry) => boolean) {
    this.#ports = ports;
    this.#waiting = waiting;
    this.#persist = persist;
  }

  /** Begins at the end of this turn, unless it is under way. */
  soon(): void {
    if (this.#armed) return;
    this.#armed = true;
    this.#ports.defer(() => {
      this.#armed = false;
      this.#write();
    });
  }

  #write(): void {
    let bytes = 0;
    for (const entry of [...this.#waiting()]) {
      if (entry.stored) continue;
      if (bytes > SPILL_BYTES) return this.soon();
      bytes += entry.bytes;
      // A disk that does not take it will be asked again by the next record.
      if (!this.#persist(entry)) return;
    }
  }
}
