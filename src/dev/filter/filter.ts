import { isKeyOf } from '../../contract/table-keys.js';
import { BadFilter } from './bad-filter.js';
import { type Token, tokenize } from './tokens.js';

/** What must hold of a trace or a log record; all terms of a filter must. */
export type Term = { readonly not: boolean } & (
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'field'; readonly field: TextField; readonly text: string }
  | { readonly kind: 'attribute'; readonly key: string; readonly value: string }
  | { readonly kind: 'duration'; readonly least: number; readonly most: number }
  | { readonly kind: 'number'; readonly field: 'worker' | 'gen'; readonly value: number }
  | { readonly kind: 'status'; readonly from: number; readonly to: number }
  | { readonly kind: 'level'; readonly least: number }
  | { readonly kind: 'error' }
  | { readonly kind: 'probe' }
);

type TextField = 'route' | 'service' | 'name' | 'trace';

const LONGEST = 1_000;
const MOST_TERMS = 20;
const FIX =
  'Write as in: route:/pay dur>50ms worker:2 gen:3 status:5xx service:shop name:"SELECT 1" key=value error text';

/**
 * Reads `route:/x dur>50ms worker:2 gen:3 error status:5xx service:x name:"..." key=value text`; `-` before a term means not.
 *
 * @throws BadFilter with the place
 */
export function readFilter(text: string): readonly Term[] {
  if (text.length > LONGEST) throw new BadFilter(LONGEST, `a filter has at most ${LONGEST} characters`, 'Shorten it.');
  const tokens = tokenize(text);
  if (tokens.length > MOST_TERMS) {
    throw new BadFilter(tokens[MOST_TERMS]?.at ?? 0, `a filter has at most ${MOST_TERMS} terms`, 'Leave some out.');
  }
  return tokens.map(readTerm);
}

function readTerm(token: Token): Term {
  const { not, word, operator, value, at } = token;
  if (operator === undefined) {
    if (token.quoted) return { not, kind: 'text', text: word };
    if (word === 'error' || word === 'probe') return { not, kind: word };
    return { not, kind: 'text', text: word };
  }
  if (operator === '=') return { not, kind: 'attribute', key: word, value };
  const read = READERS.get(word);
  if (read === undefined) {
    throw new BadFilter(
      at,
      `there is no field ${word.slice(0, 40)}`,
      `${FIX}; an attribute is ${word.slice(0, 40)}=value`,
    );
  }
  if (value === '') throw new BadFilter(token.valueAt, `${word} has no value`, FIX);
  return { not, ...read(token) };
}

type Read = (token: Token) => Rest;
type Rest = Term extends infer T ? (T extends Term ? Omit<T, 'not'> : never) : never;

const field =
  (name: TextField): Read =>
  (token) => ({ kind: 'field', field: name, text: equal(token) });

const READERS: ReadonlyMap<string, Read> = new Map<string, Read>([
  ['route', field('route')],
  ['service', field('service')],
  ['name', field('name')],
  ['trace', field('trace')],
  ['worker', (token) => ({ kind: 'number', field: 'worker', value: count(token) })],
  ['gen', (token) => ({ kind: 'number', field: 'gen', value: count(token) })],
  ['status', status],
  ['dur', duration],
  ['level', level],
]);

/** For fields that are not measured. */
function equal(token: Token): string {
  if (token.operator === ':') return token.value;
  throw new BadFilter(token.at, `${token.word} is not measured`, `Write ${token.word}:${token.value.slice(0, 40)}`);
}

function count(token: Token): number {
  const value = equal(token);
  if (/^\d{1,9}$/.test(value)) return Number(value);
  throw new BadFilter(token.valueAt, `${token.word} is a number`, `Write ${token.word}:2`);
}

function status(token: Token): Rest {
  const value = equal(token);
  const [, digit] = /^([1-5])xx$/i.exec(value) ?? [];
  if (digit !== undefined) return { kind: 'status', from: Number(digit) * 100, to: Number(digit) * 100 + 99 };
  if (/^\d{3}$/.test(value)) return { kind: 'status', from: Number(value), to: Number(value) };
  throw new BadFilter(token.valueAt, 'this is no HTTP status', 'Write status:503 or status:5xx');
}

const UNITS = { us: 0.001, ms: 1, s: 1_000, m: 60_000 } as const;

function duration({ operator, value, valueAt }: Token): Rest {
  const [, number, unit = 'ms'] = /^(\d+(?:\.\d+)?)(us|ms|s|m)?$/.exec(value) ?? [];
  if (number === undefined) throw new BadFilter(valueAt, 'this is no duration', 'Write dur>50ms or dur<1.5s');
  const ms = Number(number) * (isKeyOf(UNITS, unit) ? UNITS[unit] : 1);
  if (operator === '>') return { kind: 'duration', least: ms, most: Number.POSITIVE_INFINITY };
  if (operator === '<') return { kind: 'duration', least: 0, most: ms };
  throw new BadFilter(valueAt - 1, 'a duration is more or less than another', 'Write dur>50ms or dur<50ms');
}

/** As OTLP numbers severities. */
const LEVELS: ReadonlyMap<string, number> = new Map([
  ['trace', 1],
  ['debug', 5],
  ['info', 9],
  ['warn', 13],
  ['error', 17],
  ['fatal', 21],
]);

function level({ value, valueAt }: Token): Rest {
  const least = LEVELS.get(value.toLowerCase());
  if (least !== undefined) return { kind: 'level', least };
  throw new BadFilter(valueAt, 'this is no level', `It is one of ${[...LEVELS.keys()].join(', ')}.`);
}

/** Whether a text contains another one, whatever the case. */
export function containing(text: string): (other: string) => boolean {
  const pattern = new RegExp(text.replace(/[\\^$.*+?()[\]{}|/-]/g, '\\$&'), 'i');
  return (other) => pattern.test(other);
}
