import type { AttributeValue } from '../model.js';
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
export function attributeTexts(attributes: Readonly<Record<string, AttributeValue>>): Attribute[] {
  const all = Object.entries(attributes);
  const kept: Attribute[] = [];
  let characters = 0;
  for (const [key, value] of all) {
    if (kept.length >= MOST || characters > MOST_CHARACTERS) break;
    const [text, type] = valueText(value);
    characters += text.length;
    kept.push([cut(key, LONGEST_KEY), text, type]);
  }
  const left = all.length - kept.length;
  return left > 0 ? [...kept, ['kf.attributes_left_out', String(left), 'number']] : kept;
}

/** A body of a log record, or a value. */
export function valueText(value: AttributeValue): [text: string, type: Attribute[2]] {
  if (value === null) return ['', 'string'];
  if (typeof value === 'string') return [cut(value, LONGEST), 'string'];
  if (typeof value === 'boolean') return [String(value), 'boolean'];
  if (typeof value !== 'object') return [String(value), 'number'];
  if (value instanceof Uint8Array) {
    return [cut(Buffer.from(value.subarray(0, LONGEST)).toString('base64'), LONGEST), 'bytes'];
  }
  return [cut(JSON.stringify(value, plain), LONGEST), Array.isArray(value) ? 'array' : 'map'];
}

function plain(_key: string, value: unknown): unknown {
  if (typeof value === 'bigint') return String(value);
  return value instanceof Uint8Array ? Buffer.from(value).toString('base64') : value;
}

export function cut(text: string, most = LONGEST): string {
  return text.length > most ? `${text.slice(0, most)}… (${text.length} characters)` : text;
}
