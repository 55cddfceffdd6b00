import type { SpoolPorts } from './ports.js';

interface Waiter {
  readonly reached: () => boolean;
  readonly done: () => void;
}

/** Those who wait for a condition, each with a deadline. */
export class Waiters {
  readonly #waiters = new Set<Waiter>();

  /** True once `reached` is, false after `ms`. Keeps the process alive so long. */
  wait(reached: () => boolean, ms: number, ports: SpoolPorts): Promise<boolean> {
    if (reached()) return Promise.resolve(true);
    return new Promise((resolve) => {
      const finish = (result: boolean) => {
        disarm();
        this.#waiters.delete(waiter);
        resolve(result);
      };
      const waiter = { reached, done: () => finish(true) };
      const disarm = ports.setTimer(() => finish(false), ms, true);
      this.#waiters.add(waiter);
    });
  }

  /** Something changed: whoever has what they wait for goes. */
  look(): void {
    for (const waiter of [...this.#waiters]) if (waiter.reached()) waiter.done();
  }
}
