/** What escape sequences of terminals begin with. */
export const ESC = '\u001b';
/** A colour or another rendition: the one escape sequence that cannot move the cursor, write a title or ask for an answer. */
const RENDITION = new RegExp(`${ESC}\\[[\\d;:]*m`);
/**
 * Control characters but for the tab, and what turns the direction of text or ends a line. In numbers: for `\p{Cc}` V8 takes
 * ICU's tables of properties into the primary's memory, 0.13 MB.
 */
const HOSTILE_CLASS = '[\\0-\\x08\\x0a-\\x1f\\x7f-\\x9f\\u061c\\u200e\\u200f\\u2028-\\u202e\\u2066-\\u2069]';
const HOSTILE = new RegExp(HOSTILE_CLASS, 'g');
const RENDITION_OR_HOSTILE = new RegExp(`${RENDITION.source}|${HOSTILE_CLASS}`, 'g');

/**
 * Text of somebody else as it may stand in one line of a terminal: what could steer the terminal or feign another line is
 * written out (`\x1b`, `\u202e`). Tabs stay.
 */
export function visible(text: string): string {
  return text.replace(HOSTILE, escaped);
}

/** The same for a line of output, whose colours stay, and end with it. */
export function visibleLine(text: string): string {
  if (!text.includes(ESC)) return visible(text);
  const shown = text.replace(RENDITION_OR_HOSTILE, (found) => (found.length > 1 ? found : escaped(found)));
  return RENDITION.test(shown) ? `${shown}${ESC}[0m` : shown;
}

function escaped(character: string): string {
  const code = character.charCodeAt(0);
  return code < 0x100 ? `\\x${code.toString(16).padStart(2, '0')}` : `\\u${code.toString(16).padStart(4, '0')}`;
}
