import type { Attributes, AttributeValue } from '../model.js';
import type { Attribute } from '../page-api.js';

export const ATTRIBUTE_TYPES = ['string', 'number', 'boolean', 'array', 'map', 'bytes'] as const;

/** A text is cut to so many characters, and says how many it had. */
const LONGEST = 16_384;
const LONGEST_KEY = 256;
/** Of one item, however many it had. */
const MOST = 256;
/** Of all values of one item, in characters. */
const MOST_CHARACTERS = 256 << 10;

/** Attributes as the page shows them: bounded, and as text. What was left out is said by one more. */
export function attributeTexts(attributes: Attributes): Attribute[] {
  const kept: Attribute[] = [];
  eachAttribute(attributes, (key, text, type) => kept.push([key, text, type]));
  return kept;
}

/** The same one by one: this is done for each span. */
export function eachAttribute(
  attributes: Attributes,
  visit: (key: string, text: string, type: Attribute[2]) => void,
): void {
  let [kept, characters, left] = [0, 0, 0];
  // Plain records: nothing is inherited, and no list of pairs is made for each span.
  for (const key in attributes) {
    const value = attributes[key] ?? null;
    if (kept >= MOST || characters > MOST_CHARACTERS) {
      left += 1;
      continue;
    }
    const text = valueText(value);
    kept += 1;
    characters += text.length;
    visit(cut(key, LONGEST_KEY), text, valueType(value));
  }
  if (left > 0) visit('kf.attributes_left_out', String(left), 'number');
}

/** A body of a log record, or a value. */
export function valueText(value: AttributeValue): string {
  if (typeof value === 'string') return cut(value, LONGEST);
  if (value === null) return '';
  if (typeof value !== 'object') return String(value);
  if (value instanceof Uint8Array) {
    return cut(Buffer.from(value.subarray(0, LONGEST)).toString('base64'), LONGEST);
  }
  return cut(JSON.stringify(value, plain), LONGEST);
}

function valueType(value: AttributeValue): Attribute[2] {
  if (typeof value === 'string' || value === null) return 'string';
  if (typeof value === 'boolean') return 'boolean';
  if (typeof value !== 'object') return 'number';
  if (value instanceof Uint8Array) return 'bytes';
  return Array.isArray(value) ? 'array' : 'map';
}

function plain(_key: string, value: unknown): unknown {
  if (typeof value === 'bigint') return String(value);
  return value instanceof Uint8Array ? Buffer.from(value).toString('base64') : value;
}

export function cut(text: string, most = LONGEST): string {
  return text.length > most ? `${text.slice(0, most)}… (${text.length} characters)` : text;
}
