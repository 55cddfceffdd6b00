/** An entry beside its text: the string's header and its place in the list, in bytes. */
const ENTRY_BYTES = 40;

/**
 * Each text once, by number. Of one segment, so that it goes with it: names that a sender makes up for each span are not
 * kept for longer than the spans.
 */
export class Dictionary {
  readonly #texts: string[] = [''];
  #numbers: Map<string, number> | undefined = new Map([['', 0]]);
  #bytes = 0;

  /** What it takes in memory, roughly. */
  get bytes(): number {
    return this.#bytes;
  }

  get size(): number {
    return this.#texts.length;
  }

  add(text: string): number {
    const known = this.#numbers?.get(text);
    if (known !== undefined) return known;
    const number = this.#texts.push(text) - 1;
    this.#numbers?.set(text, number);
    this.#bytes += ENTRY_BYTES + 2 * text.length;
    return number;
  }

  text(number: number): string {
    return this.#texts[number] ?? '';
  }

  /** Which of its texts fit, as a 1 at their number; undefined when none does. */
  matches(fits: (text: string) => boolean): Uint8Array | undefined {
    let found: Uint8Array | undefined;
    for (let number = 0; number < this.#texts.length; number++) {
      if (!fits(this.text(number))) continue;
      found ??= new Uint8Array(this.#texts.length);
      found[number] = 1;
    }
    return found;
  }

  /** Nothing more is added: what finds a text's number is let go. */
  seal(): void {
    this.#numbers = undefined;
  }
}
