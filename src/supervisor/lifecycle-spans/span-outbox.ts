import type { LifecycleSpan } from '../../../hooks/types.js';
import type { PrimaryMessage } from '../../contract/messages.js';

export interface TellingParts {
  /** Who could put a span on record now, the best first, by the number of their fork. */
  heirs(): readonly number[];
  send(id: number, message: PrimaryMessage): void;
  /** The oldest goes: nobody could take them. Called once. */
  onOverflow(): void;
}

/** More wait for a worker only in a crash loop that never ends. */
const MOST = 500;

interface Waiting {
  readonly number: number;
  readonly span: LifecycleSpan;
  /** Who was told, and has not said yet that it is on record. */
  to: number | undefined;
}

/** Brings each span to one worker that puts it on record, and to another one if that one ends before it has. */
export class Telling {
  readonly #parts: TellingParts;
  #waiting: Waiting[] = [];
  #next = 1;
  #overflowed = false;

  constructor(parts: TellingParts) {
    this.#parts = parts;
  }

  add(span: LifecycleSpan): void {
    this.#waiting.push({ number: this.#next++, span, to: undefined });
    if (this.#waiting.length > MOST) {
      this.#waiting.shift();
      if (!this.#overflowed) this.#parts.onOverflow();
      this.#overflowed = true;
    }
    this.tell();
  }

  /** Tells whoever can be told now what nobody was told yet. */
  tell(): void {
    const untold = this.#waiting.filter(({ to }) => to === undefined);
    const last = untold.at(-1);
    const [heir] = last ? this.#parts.heirs() : [];
    if (heir === undefined || !last) return;
    for (const one of untold) one.to = heir;
    this.#parts.send(heir, {
      type: 'lifecycle',
      upTo: last.number,
      spans: untold.map(({ span }) => span),
    });
  }

  recorded(id: number, upTo: number): void {
    this.#waiting = this.#waiting.filter(({ number, to }) => to !== id || number > upTo);
  }

  /** What this worker was told and did not confirm goes to another one. */
  exited(id: number): void {
    for (const one of this.#waiting) if (one.to === id) one.to = undefined;
    this.tell();
  }

  /** What nobody has put on record. */
  rest(): LifecycleSpan[] {
    return this.#waiting.map(({ span }) => span);
  }
}
