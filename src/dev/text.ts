import type { AttributeValue } from './model.js';

/** More of a sender's text is not shown. */
const LONGEST = 200;
/** What nearly every text is. */
const PLAIN = /^[ -~]*$/;

/**
 * What a sender wrote, as a piece of one line: it must not steer the terminal, break the line or fill it, so control and
 * format characters and half characters are replaced, a text of many lines is cut to its first, a long one to 200 characters.
 */
export function shown(text: string): string {
  if (text.length <= LONGEST && PLAIN.test(text)) return text;
  // First a bit more than is kept: to look through megabytes for each line would be dear.
  const [line = ''] = text.slice(0, 4 * LONGEST).split(/[\r\n\u0085\u2028\u2029]/, 1);
  const clean = line.replace(/[\p{Cc}\p{Cf}\p{Cs}\p{Co}]/gu, '�');
  if (clean.length <= LONGEST) return clean;
  return [...clean].length > LONGEST ? `${[...clean].slice(0, LONGEST).join('')}…` : clean;
}

/**
 * An attribute's value as text. Never by the value's own methods: a list of keys and values may have one called toString.
 * Undefined for one that is not there.
 */
export function textOf(value: AttributeValue | undefined): string | undefined {
  if (value === undefined || value === null) return undefined;
  if (typeof value !== 'object') return String(value);
  if (value instanceof Uint8Array) return `${value.length} bytes`;
  return Array.isArray(value) ? `[${value.length} values]` : `{${Object.keys(value).length} keys}`;
}

/** A number from 0 that fits a slot or a pid; undefined for everything else. */
export function countOf(value: AttributeValue | undefined): number | undefined {
  const number = typeof value === 'string' && /^\d{1,10}$/.test(value) ? Number(value) : value;
  return typeof number === 'number' && Number.isInteger(number) && number >= 0 && number < 2 ** 32 ? number : undefined;
}
