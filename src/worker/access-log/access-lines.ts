/** Room for the lines of a batch, in bytes; a longer one makes its own. */
const ROOM = 32_768;
/** What a character becomes at most: `\xFF`; outside of Latin-1 `\xEF\xBC\x81`. */
const WIDEST = 12;

const [QUOTE, BACKSLASH] = [0x22, 0x5c];

/**
 * Lines, as bytes. Each request comes by here: its texts become bytes while they are looked at, so that a line leaves nothing
 * behind that is to be collected, and nothing that a client sent is kept.
 */
export class Lines {
  #bytes = Buffer.allocUnsafeSlow(ROOM);
  #length = 0;

  /** Characters that are bytes: ASCII, or what `flat` has made. */
  plain(text: string): void {
    const bytes = this.#withRoom(text.length);
    let at = this.#length;
    for (let i = 0; i < text.length; i += 1) bytes[at++] = text.charCodeAt(i);
    this.#length = at;
  }

  /** As `safe`. */
  safe(text: string): void {
    const bytes = this.#withRoom(text.length);
    let at = this.#length;
    for (let i = 0; i < text.length; i += 1) {
      const code = text.charCodeAt(i);
      if (code < 0x20 || code > 0x7e || code === QUOTE || code === BACKSLASH) {
        this.plain(safe(text));
        return;
      }
      bytes[at++] = code;
    }
    this.#length = at;
  }

  /** All of them, which are then forgotten; the next lines are written over what is returned. */
  take(): Buffer {
    const all = this.#bytes.subarray(0, this.#length);
    this.#length = 0;
    return all;
  }

  #withRoom(characters: number): Buffer {
    const needed = this.#length + characters * WIDEST;
    if (needed <= this.#bytes.length) return this.#bytes;
    const larger = Buffer.allocUnsafeSlow(needed + ROOM);
    this.#bytes.copy(larger, 0, 0, this.#length);
    this.#bytes = larger;
    return larger;
  }
}

/**
 * The same text for `plain`: a character for each of its bytes, stored in a row. What was put together of parts, or cut out of another text, is looked at character by
 * character at six times of the price: for texts that stand in many lines.
 */
export function flat(text: string): string {
  return Buffer.from(text).toString('latin1');
}

/** As nginx: what could end a field or a line, or steer a terminal, is written out. */
export function safe(text: string): string {
  return text.replace(EACH_UNSAFE, written);
}

const EACH_UNSAFE = /[^\x20-\x7e]|["\\]/g;

/** Node reads headers as Latin-1: each character is a byte that came. */
function written(character: string): string {
  const code = character.charCodeAt(0);
  const all = code < 256 ? [code] : [...Buffer.from(character)];
  return all.map((byte) => `\\x${byte.toString(16).toUpperCase().padStart(2, '0')}`).join('');
}
