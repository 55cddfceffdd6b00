import { displayWidth } from '../../src/cli/display-width.js';

/** Text of one rendition: the numbers of `ESC [ n m`, none for plain text. */
export interface Run {
  readonly text: string;
  readonly style: number;
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: that is what it is for
const TOKEN = /\u001b\[([\d;]*)([A-Za-z])|\r|\n|[^\u001b\r\n]+|\u001b/g;

/** A terminal as far as our own commands use one; it has all the lines it needs. Throws for a sequence that it does not know. */
export class TerminalScreen {
  readonly #lines: Run[][] = [[]];
  /** The line that `ESC [ H` goes to. */
  #top = 0;
  #row = 0;
  #style = 0;
  readonly #columns: number;

  constructor(columns: number) {
    this.#columns = columns;
  }

  /** Shows a prompt with its command; what it prints stands below. */
  prompt(command: string): void {
    if (this.#lines.some((line) => line.length > 0)) this.write('\n');
    this.write(`\u001b[90m$\u001b[0m \u001b[1m${command}\u001b[0m\n`);
    this.#top = this.#row;
  }

  write(output: string): void {
    for (const [token, numbers = '', letter] of output.matchAll(TOKEN)) {
      if (letter !== undefined) this.#obey(Number(numbers || '0'), letter);
      else if (token === '\n') this.#line(++this.#row);
      else if (token === '\u001b') throw new Error(`half an escape sequence in ${JSON.stringify(output)}`);
      else if (token !== '\r') this.#put(token);
    }
  }

  lines(): readonly (readonly Run[])[] {
    const last = this.#lines.findLastIndex((line) => line.length > 0);
    return this.#lines.slice(0, last + 1);
  }

  /** Cells of the widest line. */
  width(): number {
    return Math.max(...this.#lines.map(cellsOf));
  }

  /** What does not fit goes on in the next line. */
  #put(text: string): void {
    for (const character of text) {
      if (cellsOf(this.#line(this.#row)) + displayWidth(character) > this.#columns) this.#row += 1;
      const line = this.#line(this.#row);
      const last = line.at(-1);
      if (last?.style === this.#style) line.splice(-1, 1, { text: last.text + character, style: this.#style });
      else line.push({ text: character, style: this.#style });
    }
  }

  #obey(number: number, letter: string): void {
    if (letter === 'm') this.#style = number;
    else if (letter === 'A') this.#row = Math.max(this.#top, this.#row - number);
    else if (letter === 'H') this.#row = this.#top;
    else if (letter === 'J' && number === 2) this.#lines.splice(this.#top, Number.POSITIVE_INFINITY, []);
    else if (letter === 'K' && number === 2) this.#lines[this.#row] = [];
    else throw new Error(`a terminal's sequence that this one does not know: ESC [ ${number} ${letter}`);
  }

  #line(row: number): Run[] {
    const line = this.#lines[row] ?? [];
    this.#lines[row] = line;
    return line;
  }
}

function cellsOf(line: readonly Run[]): number {
  return displayWidth(line.map(({ text }) => text).join(''));
}
