/** Longer ones hardly come again. */
const LONGEST = 48;
/** A power of two. */
const SLOTS = 4_096;

/** Texts of requests, decoded once while they come again and again: keys, routes, hosts. */
export class TextCache {
  readonly #texts = new Array<string>(SLOTS).fill('');

  /** UTF-8 from `from` to `to`, exclusive. */
  read(body: Buffer, from: number, to: number): string {
    if (to - from > LONGEST) return body.toString('utf8', from, to);
    let hash = to - from;
    for (let at = from; at < to; at++) hash = Math.imul(hash ^ (body[at] ?? 0), 0x01000193);
    const slot = (hash ^ (hash >>> 15)) & (SLOTS - 1);
    const known = this.#texts[slot] ?? '';
    if (isSame(known, body, from, to)) return known;
    const text = body.toString('utf8', from, to);
    this.#texts[slot] = text;
    return text;
  }
}

/** False too for a text that is not ASCII: it has fewer characters than bytes. */
function isSame(text: string, body: Buffer, from: number, to: number): boolean {
  if (text.length !== to - from) return false;
  for (let at = 0; at < text.length; at++) if (text.charCodeAt(at) !== body[from + at]) return false;
  return true;
}
