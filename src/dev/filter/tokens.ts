import { BadFilter } from './bad-filter.js';

/** A term as it is written: `word`, or `word operator value`. */
export interface Token {
  /** Of its first character, from 0. */
  readonly at: number;
  readonly not: boolean;
  readonly word: string;
  /** It is a text in quotes. */
  readonly quoted: boolean;
  readonly operator: ':' | '>' | '<' | '=' | undefined;
  readonly value: string;
  readonly valueAt: number;
}

const OPERATORS = [':', '>', '<', '='] as const;

/** @throws BadFilter */
export function tokenize(text: string): Token[] {
  const cursor = { text, at: 0 };
  const tokens: Token[] = [];
  for (skipSpace(cursor); cursor.at < text.length; skipSpace(cursor)) tokens.push(readToken(cursor));
  return tokens;
}

interface Cursor {
  readonly text: string;
  at: number;
}

function readToken(cursor: Cursor): Token {
  const { at } = cursor;
  const { text } = cursor;
  const not = text[at] === '-' && /\S/.test(text[at + 1] ?? '');
  if (not) cursor.at += 1;
  const quoted = text[cursor.at] === '"';
  const word = quoted ? readQuoted(cursor) : readUntil(cursor, /[\s:<>="]/);
  // An address (http://x, ::1) is a text as any other.
  const operator = quoted || word === '' || text.startsWith('://', cursor.at) ? undefined : operatorAt(cursor);
  if (operator === undefined) {
    const rest = readUntil(cursor, /\s/);
    return { at, not, word: word + rest, quoted: quoted && rest === '', operator, value: '', valueAt: at };
  }
  cursor.at += 1;
  const valueAt = cursor.at;
  const value = text[cursor.at] === '"' ? readQuoted(cursor) : readUntil(cursor, /\s/);
  return { at, not, word, quoted, operator, value, valueAt };
}

function operatorAt({ text, at }: Cursor): Token['operator'] {
  return OPERATORS.find((one) => text[at] === one);
}

function readQuoted(cursor: Cursor): string {
  const from = cursor.at;
  const end = cursor.text.indexOf('"', from + 1);
  if (end < 0) throw new BadFilter(from, 'the quote is not closed', 'Write a second " at its end.');
  cursor.at = end + 1;
  return cursor.text.slice(from + 1, end);
}

function readUntil(cursor: Cursor, stop: RegExp): string {
  const from = cursor.at;
  while (cursor.at < cursor.text.length && !stop.test(cursor.text.charAt(cursor.at))) cursor.at += 1;
  return cursor.text.slice(from, cursor.at);
}

function skipSpace(cursor: Cursor): void {
  while (/\s/.test(cursor.text[cursor.at] ?? '')) cursor.at += 1;
}
