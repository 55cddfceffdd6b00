import type { Answer } from '../core/types.js';

/** Who waits for an answer, by the number of the request. */
export class Requests {
  readonly #waiting = new Map<number, (answer: Answer) => void>();
  #next = 1;

  /** Asks under a number of its own; resolves with the answer to that number. */
  ask(send: (request: number) => void): Promise<Answer> {
    const request = this.#next++;
    return new Promise((resolve) => {
      this.#waiting.set(request, resolve);
      send(request);
    });
  }

  reply(request: number, answer: Answer): void {
    this.#waiting.get(request)?.(answer);
    this.#waiting.delete(request);
  }

  /** Nobody waits for ever. */
  replyToAll(answer: Answer): void {
    for (const [request] of this.#waiting) this.reply(request, answer);
  }
}
