import type { SpoolPorts } from '../outbox-ports.js';

interface Waiter {
  readonly reached: () => boolean;
  readonly finish: (result: boolean) => void;
  readonly patient: boolean;
}

/** Those who wait for a condition, each with a deadline. */
export class Waiters {
  readonly #waiters = new Set<Waiter>();

  /**
   * True once `reached` is, false after `ms`. Keeps the process alive so long.
   *
   * @param patient waits on when the others give up. Default: false
   */
  wait(reached: () => boolean, ms: number, ports: SpoolPorts, patient = false): Promise<boolean> {
    if (reached()) return Promise.resolve(true);
    return new Promise((resolve) => {
      const finish = (result: boolean) => {
        disarm();
        this.#waiters.delete(waiter);
        resolve(result);
      };
      const waiter = { reached, finish, patient };
      const disarm = ports.setTimer(() => finish(false), ms, true);
      this.#waiters.add(waiter);
    });
  }

  /** Something changed: whoever has what they wait for goes. */
  look(): void {
    for (const waiter of [...this.#waiters]) if (waiter.reached()) waiter.finish(true);
  }

  /** What they wait for will not come soon. */
  giveUp(): void {
    for (const waiter of [...this.#waiters]) if (!waiter.patient) waiter.finish(false);
  }
}
