import { StringDecoder } from 'node:string_decoder';

/** How much of what an app wrote to stdout is kept, in bytes and in pieces as they came. */
const BYTES = 524_288;
const PIECES = 2_000;
/** How many lines of that are shown. */
const LINES = 1_000;
/** How much of a line is shown, in characters. */
const LENGTH = 4_096;

const NEWLINE = 10;

/** Wall clock in milliseconds, and the text. */
export type StdoutLine = readonly [at: number, text: string];

interface Piece {
  readonly at: number;
  readonly bytes: Buffer;
}

/** The last of an app's stdout. As long as nobody asks it is kept as it came: no line is looked for. */
export class KeptStdout {
  readonly #now: () => number;
  readonly #followers = new Set<(piece: Piece) => void>();
  #pieces: Piece[] = [];
  #size = 0;
  /** The first piece begins inside a line. */
  #isCut = false;

  constructor(now: () => number = Date.now) {
    this.#now = now;
  }

  write(bytes: Buffer): void {
    const piece = { at: this.#now(), bytes };
    this.#pieces.push(piece);
    this.#size += bytes.length;
    if (this.#size > 2 * BYTES || this.#pieces.length > 2 * PIECES) this.#shorten();
    for (const follower of this.#followers) follower(piece);
  }

  read(): StdoutReader {
    return new StdoutReader(this.#pieces, this.#isCut);
  }

  /** Calls back for each piece, until what it returns is called. */
  follow(callback: (piece: Piece) => void): () => void {
    this.#followers.add(callback);
    return () => void this.#followers.delete(callback);
  }

  /** In one go for many pieces, and so up to twice as much is kept. */
  #shorten(): void {
    const pieces = this.#pieces;
    let from = Math.max(0, pieces.length - PIECES);
    let left = pieces.slice(from).reduce((sum, { bytes }) => sum + bytes.length, 0);
    for (; left > BYTES && from < pieces.length - 1; from += 1) left -= pieces[from]?.bytes.length ?? 0;
    this.#isCut = pieces[from - 1]?.bytes.at(-1) !== NEWLINE;
    this.#pieces = pieces.slice(from);
    this.#size = left;
  }
}

/** Reads what is kept, then what comes. */
class StdoutReader {
  /** The last lines of what is kept. */
  readonly kept: readonly StdoutLine[];
  readonly #decoder = new StringDecoder();
  #begun = '';
  /** What comes is the rest of a line that is left out. */
  #skips: boolean;

  constructor(pieces: readonly Piece[], isCut: boolean) {
    this.#skips = isCut;
    this.kept = pieces.flatMap((piece) => this.take(piece)).slice(-LINES);
  }

  take({ at, bytes }: Piece): StdoutLine[] {
    const parts = (this.#begun + this.#decoder.write(bytes)).split('\n');
    this.#begun = parts.pop()?.slice(0, LENGTH) ?? '';
    if (this.#skips && parts.length > 0) {
      parts.shift();
      this.#skips = false;
    }
    return parts.map((text) => [at, text.slice(0, LENGTH)]);
  }

  /** Leaves a piece out. @returns how many lines are missing by that, a begun one included */
  skip({ bytes }: Piece): number {
    let lines = this.#skips ? -1 : 0; // of a line in two pieces the first has been counted
    for (let at = bytes.indexOf(NEWLINE); at !== -1; at = bytes.indexOf(NEWLINE, at + 1)) lines += 1;
    this.#decoder.end();
    this.#begun = '';
    this.#skips = bytes.at(-1) !== NEWLINE;
    return this.#skips ? lines + 1 : lines;
  }
}
