import { messageOf } from '../contract/system-error.js';

/** How often a disk that is full off and on is reported, in milliseconds. */
const SAY_AGAIN = 60_000;

interface ProblemParts {
  readonly path: string;
  onProblem(problem: string): void;
  /** Monotonic, milliseconds. */
  now(): number;
}

/** What is wrong with writing, and with the directory; each reported once. */
export class LogProblems {
  readonly #parts: ProblemParts;
  readonly #wrong = new Map<'writing' | 'place', string>();
  #reported: { readonly problem: string; readonly at: number } | undefined;
  /** Why it was not written the last time. */
  cause: string;

  constructor(parts: ProblemParts) {
    this.#parts = parts;
    this.cause = `${parts.path} took no more`;
  }

  set(what: 'writing' | 'place', problem: string): void {
    this.#wrong.set(what, problem);
    if (problem === this.#reported?.problem) return;
    this.#reported = { problem, at: this.#parts.now() };
    this.#parts.onProblem(problem);
  }

  cannotWrite(error: unknown): void {
    this.cause = `cannot write ${this.#parts.path}: ${messageOf(error)}`;
    this.set('writing', this.cause);
  }

  clear(what: 'writing' | 'place'): void {
    this.#wrong.delete(what);
  }

  /** All is written. From some time on the same problem is reported again. */
  mended(): void {
    if (this.#reported && this.#parts.now() - this.#reported.at > SAY_AGAIN) this.#reported = undefined;
  }

  now(): string | undefined {
    return this.#wrong.get('writing') ?? this.#wrong.get('place');
  }
}
