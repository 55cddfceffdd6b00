/** What a text of pairs holds, or what is wrong with it, in words that hold no value. */
export type Pairs =
  | { readonly pairs: Readonly<Record<string, string>>; readonly problem?: undefined }
  | { readonly problem: string };

/**
 * Headers, in a variable or in a line of a file: `name=value` pairs separated by commas. A name is an HTTP token and
 * becomes lower case. The first `=` ends it; blanks around name and value are left out. In a value `%` with two
 * hexadecimal digits is the byte they name, any other `%` stands for itself, and so do `=` and blanks inside; a comma is
 * written %2C. What no header can carry (a line break, anything but ASCII) is a problem, as it is in HTTP and in gRPC.
 */
export function parseHeaders(text: string): Pairs {
  return parsePairs(text, (name, value) => {
    if (!/^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/.test(name)) return 'has no header name in front of its =';
    if (RESERVED.has(name.toLowerCase())) return `is ${name}, which is not for users to set`;
    if (!/^[\t\x20-\x7e]*$/.test(value)) return 'holds what no header can carry';
    return [name.toLowerCase(), value];
  });
}

/** Those of the connection and of the body: another value makes every request fail. */
const RESERVED = new Set([
  ...[
    'connection',
    'keep-alive',
    'proxy-connection',
    'transfer-encoding',
    'upgrade',
    'http2-settings',
    'te',
    'trailer',
  ],
  ...['host', 'content-length', 'content-type', 'content-encoding', 'grpc-timeout', 'grpc-encoding'],
]);

/** Resource attributes, by the same rule; a name is decoded too, and both may hold any text. */
export function parseAttributes(text: string): Pairs {
  return parsePairs(text, (written, value) => {
    const name = decode(written);
    return name === undefined ? NOT_UTF8 : name === '' ? 'has no name in front of its =' : [name, value];
  });
}

const NOT_UTF8 = 'holds escapes that are no UTF-8: a % of its own in front of two digits is written %25';

function parsePairs(text: string, check: (name: string, value: string) => readonly [string, string] | string): Pairs {
  const entries: (readonly [string, string])[] = [];
  for (const [index, item] of text.split(',').entries()) {
    if (item.trim() === '') continue;
    const [, name, raw] = /^([^=]*)=(.*)$/s.exec(item) ?? [];
    const value = raw === undefined ? undefined : decode(raw.trim());
    const good = name === undefined ? 'has no =' : value === undefined ? NOT_UTF8 : check(name.trim(), value);
    if (typeof good === 'string') return { problem: `pair ${index + 1} ${good}` };
    entries.push(good);
  }
  return { pairs: Object.fromEntries(entries) };
}

/** Undefined for escapes that are no UTF-8. */
function decode(text: string): string | undefined {
  try {
    return text.replace(/(?:%[0-9a-f]{2})+/gi, decodeURIComponent);
  } catch (error) {
    if (error instanceof URIError) return undefined;
    throw error;
  }
}
