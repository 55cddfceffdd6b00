import { LONGEST_TIMER } from '../contract/longest-timer.js';
import { endpointUrl, isSocket } from './endpoint-url.js';
import { type Pairs, parseAttributes, parseHeaders } from './pairs.js';

/** How the text of a variable is read. */
export interface Form<V> {
  /** The value of a text that is trimmed and not empty; undefined when it is none. Pure. */
  parse(text: string): V | undefined;
  /** What was expected, for messages and docs. */
  readonly expects: string;
  /** Its words, all lower case. */
  readonly words?: readonly string[];
  /** What is wrong with a text, where `expects` alone does not help. Holds nothing of the text. */
  problem?(text: string): string | undefined;
}

/** One of these, in any case. */
export function word<const W extends string>(...words: readonly W[]): Form<W> {
  return {
    parse: (text) => words.find((one) => one === text.toLowerCase()),
    expects: `one of ${words.join(', ')}`,
    words,
  };
}

/** A comma list of these, in any case; what stands twice counts once. */
export function words<const W extends string>(...all: readonly W[]): Form<readonly W[]> {
  return {
    parse: (text) => {
      const items = itemsOf(text);
      const found = items.flatMap((item) => all.find((one) => one === item.toLowerCase()) ?? []);
      return found.length > 0 && found.length === items.length ? found : undefined;
    },
    expects: `a comma list of ${all.join(', ')}`,
    words: all,
  };
}

/** `true` or `false`, in any case. Unlike our own options no other spelling: to other SDKs it would mean false. */
export const TRUTH: Form<boolean> = {
  parse: (text) => ({ true: true, false: false })[text.toLowerCase()],
  expects: 'one of true, false',
  words: ['true', 'false'],
};

/** Digits only: 1e3 and 0x10 are as likely a mistake. */
export function integer(least: number, most = Number.MAX_SAFE_INTEGER): Form<number> {
  return {
    parse: (text) => (/^\d+$/.test(text) && Number(text) >= least && Number(text) <= most ? Number(text) : undefined),
    expects: `a whole number of at least ${least}${most === Number.MAX_SAFE_INTEGER ? '' : ` and at most ${most}`}`,
  };
}

/** A time for a timer, in milliseconds. */
export function milliseconds(least: number): Form<number> {
  const { parse } = integer(least, LONGEST_TIMER);
  return { parse, expects: `milliseconds, a whole number from ${least} to ${LONGEST_TIMER}` };
}

export const SHARE: Form<number> = {
  parse: (text) => (/^(\d+\.?\d*|\.\d+)(e-?\d+)?$/i.test(text) && Number(text) <= 1 ? Number(text) : undefined),
  expects: 'a number from 0 to 1, the share of traces kept',
};

export const TEXT: Form<string> = { parse: (text) => text, expects: 'a text' };

export const FILE: Form<string> = { parse: (text) => text, expects: 'the path of a file' };

/** Names that only the instrumentations know. */
export const NAMES: Form<readonly string[]> = {
  parse: (text) => (itemsOf(text).length > 0 ? itemsOf(text) : undefined),
  expects: 'a comma list of names',
};

/** As it was written. */
export const ENDPOINT: Form<string> = {
  parse: (text) => (isSocket(text) || endpointUrl(text) ? text : undefined),
  expects: 'a URL such as http://localhost:4317, or unix: and the path of a socket',
};

export const HEADERS = pairsForm(parseHeaders, 'name=value pairs separated by commas; a comma in a value is %2C');

export const ATTRIBUTES = pairsForm(parseAttributes, 'key=value pairs separated by commas; a comma in a value is %2C');

function pairsForm(parse: (text: string) => Pairs, expects: string): Form<Readonly<Record<string, string>>> {
  return {
    parse: (text) => {
      const found = parse(text);
      return found.problem === undefined ? found.pairs : undefined;
    },
    expects,
    problem: (text) => parse(text).problem,
  };
}

function itemsOf(text: string): string[] {
  const items = text.split(',').map((item) => item.trim());
  return [...new Set(items.filter((item) => item !== ''))];
}
