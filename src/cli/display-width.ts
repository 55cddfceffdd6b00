/** What East Asian fonts draw over two cells. */
const WIDE =
  /[\u1100-\u115f\u2e80-\u303e\u3041-\u33ff\u3400-\u4dbf\u4e00-\ua4cf\ua960-\ua97c\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff01-\uff60\uffe0-\uffe6\u{1b000}-\u{1b2ff}\u{20000}-\u{3fffd}]/u;
/** An emoji that is drawn as one by itself, or because a selector asks for it. */
const EMOJI = /\p{Emoji_Presentation}|\p{Emoji}\ufe0f/u;
/** What is drawn over, or between, others. */
const NOTHING = /^[\p{Mn}\p{Me}\p{Cf}]+$/u;
const PLAIN = /^[\x20-\x7e]*$/;
/** Made for the first text that needs it: its tables are an eighth of the time of a short command. */
let segmenter: Intl.Segmenter | undefined;

/** How many cells of a terminal a text of one line takes. */
export function displayWidth(text: string): number {
  if (PLAIN.test(text)) return text.length;
  return charactersOf(text).reduce((sum, character) => sum + cellsOf(character), 0);
}

/** The text in at most `width` cells; what is too long has an ellipsis at that end. */
export function cut(text: string, width: number, end: 'start' | 'end'): string {
  if (displayWidth(text) <= width) return text;
  const kept: string[] = [];
  let left = width - 1;
  for (const character of end === 'end' ? charactersOf(text) : charactersOf(text).reverse()) {
    left -= cellsOf(character);
    if (left < 0) break;
    kept.push(character);
  }
  return end === 'end' ? `${kept.join('')}…` : `…${kept.reverse().join('')}`;
}

/** Filled up with spaces; one that is wider stays as it is. */
export function pad(text: string, width: number, side: 'left' | 'right'): string {
  const space = ' '.repeat(Math.max(0, width - displayWidth(text)));
  return side === 'left' ? space + text : text + space;
}

/** Lines of at most `width` cells, broken between parts only: one that is wider has a line of its own. */
export function flow(parts: readonly string[], between: string, width: number, indent = ''): string {
  const lines: string[] = [];
  for (const part of parts) {
    const last = lines.at(-1);
    const longer = last === undefined ? part : `${last}${between}${part}`;
    if (last === undefined || displayWidth(longer) <= width) lines.splice(-1, 1, longer);
    else lines.push(indent + part);
  }
  return lines.join('\n');
}

function charactersOf(text: string): string[] {
  segmenter ??= new Intl.Segmenter('en', { granularity: 'grapheme' });
  return Array.from(segmenter.segment(text), ({ segment }) => segment);
}

function cellsOf(character: string): number {
  if (NOTHING.test(character)) return 0;
  return WIDE.test(character) || EMOJI.test(character) ? 2 : 1;
}
