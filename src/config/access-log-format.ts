import { KfError } from '../contract/errors.js';

/** What a line can say of a request. `request`, `response` and `env` have the name of a header or a variable. */
const FIELDS = [
  ...['client', 'user', 'time', 'line', 'method', 'path', 'query', 'protocol', 'status', 'bytes', 'bytes-or-dash'],
  ...['seconds', 'milliseconds', 'microseconds', 'decimal-seconds', 'pid', 'pid-in-brackets', 'none'],
  ...['trace_id', 'span_id', 'slot', 'generation', 'request', 'response', 'env'],
] as const;
export type Field = (typeof FIELDS)[number];

/** Text as it is, or a field. */
export type FormatPart = string | { readonly field: Field; readonly name: string };

/** Both spellings mean the same by these. */
const SHARED: Readonly<Record<string, Field>> = {
  ...{ h: 'client', l: 'none', u: 'user', t: 'time', r: 'line', m: 'method', U: 'path', q: 'query', H: 'protocol' },
  ...{ s: 'status', B: 'bytes', b: 'bytes-or-dash', D: 'microseconds', T: 'seconds' },
};
const APACHE: Readonly<Record<string, Field>> = { ...SHARED, a: 'client', P: 'pid' };
const GUNICORN: Readonly<Record<string, Field>> = {
  ...{ ...SHARED, M: 'milliseconds', L: 'decimal-seconds', p: 'pid-in-brackets' },
};
const NAMED: Readonly<Record<string, Field>> = { i: 'request', o: 'response', e: 'env' };
const OURS: ReadonlySet<string> = new Set(['trace_id', 'span_id', 'slot', 'generation', 'pid']);
const UNITS: Readonly<Record<string, Field>> = { s: 'seconds', ms: 'milliseconds', us: 'microseconds' };

/** `json` is no text of parts. */
const PRESETS: Readonly<Record<string, string>> = {
  common: '%h %l %u %t "%r" %>s %b',
  combined: '%h %l %u %t "%r" %>s %b "%{Referer}i" "%{User-Agent}i"',
  traced: '%h %l %u %t "%r" %>s %b "%{Referer}i" "%{User-Agent}i" %Dus worker=%{slot}x trace=%{trace_id}x',
};

/** %h, %>s, %{Name}i of Apache, or %(h)s, %({name}i)s of Gunicorn; what follows any other % is shown with it. */
const DIRECTIVE = /%(?:%|[<>]?(?:\{([^}]*)\})?([a-zA-Z])|\((?:\{([^}]*)\})?([a-zA-Z])\)s|(?:\([^)]*\)\w?|[^\s"%]*))/g;

/**
 * A format of access log lines: the name of one, or the spelling of Apache or Gunicorn; `json` is undefined.
 * @throws KfError CONFIG_INVALID for a directive that is none
 */
export function parseFormat(format: string): readonly FormatPart[] | undefined {
  if (format === 'json') return undefined;
  const text = PRESETS[format] ?? format;
  if (!text.includes('%')) throw wrong(format, 'it is no name of a format, and has no directive');
  const parts: FormatPart[] = [];
  let at = 0;
  for (const match of text.matchAll(DIRECTIVE)) {
    parts.push(text.slice(at, match.index), partOf(match, format));
    at = match.index + match[0].length;
  }
  parts.push(text.slice(at));
  return parts.filter((part) => part !== '');
}

function partOf([whole, apacheName, apache, gunicornName, gunicorn]: RegExpMatchArray, format: string): FormatPart {
  if (whole === '%%') return '%';
  const name = (apache === undefined ? gunicornName : apacheName)?.toLowerCase() ?? '';
  const letter = apache ?? gunicorn ?? '';
  if (gunicorn === 'f' || gunicorn === 'a') {
    return { field: 'request', name: gunicorn === 'f' ? 'referer' : 'user-agent' };
  }
  const field = fieldOf(letter, name, apache === undefined ? GUNICORN : APACHE);
  if (field === undefined) throw wrong(format, `it has ${JSON.stringify(whole)}, which is no directive`);
  return { field, name: letter === 'e' ? (apacheName ?? gunicornName ?? '') : name };
}

function fieldOf(letter: string, name: string, plain: Readonly<Record<string, Field>>): Field | undefined {
  if (name === '') return plain[letter];
  if (letter === 'T') return UNITS[name];
  if (letter === 'x') return OURS.has(name) ? FIELDS.find((field) => field === name) : undefined;
  return NAMED[letter];
}

function wrong(format: string, why: string): KfError {
  return new KfError('CONFIG_INVALID', `--access-log-format is ${JSON.stringify(format)}`, why, {
    fix: `Use ${Object.keys(PRESETS).join(', ')} or json, or directives such as '%h "%r" %>s %b'; docs/LOGS.md has them`,
  });
}
