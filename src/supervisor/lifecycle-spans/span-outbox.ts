import type { LifecycleSpan } from '../../contract/lifecycle-span.js';
import type { PrimaryMessage } from '../../contract/messages.js';

export interface SpanOutboxParts {
  /** Who could put a span on record now, the best first, by the number of their fork. */
  candidates(): readonly number[];
  send(id: number, message: PrimaryMessage): void;
  /** The oldest goes: nobody could take them. Called once. */
  onOverflow(): void;
}

/** More wait for a worker only in a crash loop that never ends. */
const MOST = 500;

interface Waiting {
  readonly number: number;
  readonly span: LifecycleSpan;
  /** The worker it was sent to, which has not confirmed it yet. */
  to: number | undefined;
}

/** Brings each span to one worker that puts it on record, and to another one if that one ends before it has. */
export class SpanOutbox {
  readonly #parts: SpanOutboxParts;
  #waiting: Waiting[] = [];
  #next = 1;
  #overflowed = false;

  constructor(parts: SpanOutboxParts) {
    this.#parts = parts;
  }

  add(span: LifecycleSpan): void {
    this.#waiting.push({ number: this.#next++, span, to: undefined });
    if (this.#waiting.length > MOST) {
      this.#waiting.shift();
      if (!this.#overflowed) this.#parts.onOverflow();
      this.#overflowed = true;
    }
    this.send();
  }

  /** Sends what was not sent yet to a worker that can take it now. */
  send(): void {
    const unsent = this.#waiting.filter(({ to }) => to === undefined);
    const last = unsent.at(-1);
    const [candidate] = last ? this.#parts.candidates() : [];
    if (candidate === undefined || !last) return;
    for (const one of unsent) one.to = candidate;
    this.#parts.send(candidate, {
      type: 'lifecycle',
      upTo: last.number,
      spans: unsent.map(({ span }) => span),
    });
  }

  recorded(id: number, upTo: number): void {
    this.#waiting = this.#waiting.filter(({ number, to }) => to !== id || number > upTo);
  }

  /** What this worker was sent and did not confirm goes to another one. */
  exited(id: number): void {
    for (const one of this.#waiting) if (one.to === id) one.to = undefined;
    this.send();
  }

  /** What nobody has put on record. */
  rest(): LifecycleSpan[] {
    return this.#waiting.map(({ span }) => span);
  }
}
