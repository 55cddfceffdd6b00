import { type Field, type FormatPart, parseFormat } from '../../config/access-log-format.js';
import { commonLogTime } from './clock.js';
import type { Needs, Served } from './served.js';

/** Who writes. */
interface Writer {
  readonly slot: number;
  readonly generation: number;
}

export interface Renderer {
  readonly needs: Needs;
  /** The line with its end; ASCII alone. */
  render(served: Served): string;
}

/** @throws KfError CONFIG_INVALID for a format that is none */
export function renderer(format: string, writer: Writer): Renderer {
  const parts = parseFormat(format);
  if (parts === undefined)
    return {
      needs: {
        trace: true,
        duration: true,
        exactTime: true,
        requestHeaders: [AUTHORIZATION, 'referer', 'user-agent'],
        responseHeaders: [],
      },
      render: (served) => `${escaped(JSON.stringify(record(served, writer)), NOT_ASCII, unicode)}\n`,
    };
  return { needs: needsOf(parts), render: compile(parts, fieldsOf(), constantsOf(writer)) };
}

function needsOf(parts: readonly FormatPart[]): Needs {
  const fields = parts.filter((part) => typeof part !== 'string');
  const named = new Set(fields.map(({ field }) => field));
  const headers = (wanted: Field) => fields.filter(({ field }) => field === wanted).map(({ name }) => name);
  return {
    trace: TRACE.some((field) => named.has(field)),
    duration: DURATION.some((field) => named.has(field)),
    exactTime: false,
    requestHeaders: [...new Set([...(named.has('user') ? [AUTHORIZATION] : []), ...headers('request')])],
    responseHeaders: [...new Set(headers('response'))],
  };
}

const AUTHORIZATION = 'authorization';

const TRACE: readonly Field[] = ['trace_id', 'span_id'];
const DURATION: readonly Field[] = ['seconds', 'milliseconds', 'microseconds', 'decimal-seconds'];

type Say = (served: Served, name: string) => string;
type Constant = 'none' | 'pid' | 'pid-in-brackets' | 'slot' | 'generation' | 'env';
type Fields = Readonly<Record<Exclude<Field, Constant>, Say>>;
type Constants = Readonly<Record<Constant, (name: string) => string>>;

/** What is the same in every line becomes text here, so that a line is little more than its fields. */
function compile(parts: readonly FormatPart[], fields: Fields, constants: Constants): (served: Served) => string {
  const steps: { before: string; say: Say; name: string }[] = [];
  let text = '';
  for (const part of parts) {
    if (typeof part === 'string') text += part;
    else if (isConstant(part.field, constants)) text += constants[part.field](part.name);
    else {
      steps.push({ before: text, say: fields[part.field], name: part.name });
      text = '';
    }
  }
  const end = `${text}\n`;
  return (served) => {
    let line = '';
    for (const { before, say, name } of steps) line += before + say(served, name);
    return line + end;
  };
}

function isConstant(field: Field, constants: Constants): field is Constant {
  return field in constants;
}

function constantsOf({ slot, generation }: Writer): Constants {
  return {
    none: () => '-',
    pid: () => String(process.pid),
    'pid-in-brackets': () => `<${process.pid}>`,
    slot: () => String(slot),
    generation: () => String(generation),
    env: (name) => safe(process.env[name] ?? '-'),
  };
}

function fieldsOf(): Fields {
  const time = commonLogTime();
  return {
    client: ({ client }) => client,
    user: (served) => safe(userOf(served.requestHeader(AUTHORIZATION))),
    time: ({ at }) => time(at),
    line: ({ method, url, protocol }) => `${safe(method)} ${safe(url)} ${protocol}`,
    method: ({ method }) => safe(method),
    path: ({ url }) => safe(splitUrl(url)[0]),
    query: ({ url }) => safe(splitUrl(url)[1]),
    protocol: ({ protocol }) => protocol,
    status: ({ status }) => String(status),
    bytes: ({ bytes }) => String(bytes),
    'bytes-or-dash': ({ bytes }) => (bytes === 0 ? '-' : String(bytes)),
    seconds: ({ took }) => String(Math.floor(took / 1_000)),
    milliseconds: ({ took }) => String(Math.round(took)),
    microseconds: ({ took }) => String(Math.round(took * 1_000)),
    'decimal-seconds': ({ took }) => (took / 1_000).toFixed(6),
    trace_id: ({ trace }) => trace?.traceId ?? '-',
    span_id: ({ trace }) => trace?.spanId ?? '-',
    request: (served, name) => safe(served.requestHeader(name) || '-'),
    response: (served, name) => safe(served.responseHeader(name) || '-'),
  };
}

/** What is not there is left out. */
function record(served: Served, { slot, generation }: Writer): Record<string, unknown> {
  const { trace, took } = served;
  const user = userOf(served.requestHeader(AUTHORIZATION));
  return {
    time: new Date(served.at).toISOString(),
    client: served.client,
    user: user === '-' ? undefined : user,
    method: served.method,
    url: served.url,
    protocol: served.protocol,
    status: served.status,
    bytes: served.bytes,
    duration_ms: Math.round(took * 1_000) / 1_000,
    referer: served.requestHeader('referer'),
    user_agent: served.requestHeader('user-agent'),
    aborted: served.aborted || undefined,
    trace_id: trace?.traceId,
    span_id: trace?.spanId,
    slot,
    generation,
    pid: process.pid,
  };
}

/** The name that Basic authentication gives; never the password. */
function userOf(authorization: string | undefined): string {
  if (authorization === undefined) return '-';
  const [, encoded] = /^basic +([\w+/=-]+)$/i.exec(authorization) ?? [];
  if (encoded === undefined) return '-';
  return Buffer.from(encoded, 'base64').toString('latin1').split(':')[0] || '-';
}

function splitUrl(url: string): readonly [path: string, query: string] {
  const mark = url.indexOf('?');
  return mark < 0 ? [url, ''] : [url.slice(0, mark), url.slice(mark)];
}

const EACH_UNSAFE = /[^\x20-\x7e]|["\\]/g;
const NOT_ASCII = /[^\x20-\x7e]/g;
const [QUOTE, BACKSLASH] = [0x22, 0x5c];

/** As nginx: what could end a field or a line, or steer a terminal, is written out. */
function safe(text: string): string {
  // Four times a line: to call a regular expression costs several times of what this does.
  for (let i = 0; i < text.length; i += 1) {
    const code = text.charCodeAt(i);
    if (code < 0x20 || code > 0x7e || code === QUOTE || code === BACKSLASH) return escaped(text, EACH_UNSAFE, bytes);
  }
  return text;
}

function escaped(text: string, what: RegExp, as: (character: string) => string): string {
  return text.replace(what, as);
}

/** Node reads headers as Latin-1: each character is a byte that came. */
function bytes(character: string): string {
  const code = character.charCodeAt(0);
  const all = code < 256 ? [code] : [...Buffer.from(character)];
  return all.map((byte) => `\\x${byte.toString(16).toUpperCase().padStart(2, '0')}`).join('');
}

function unicode(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
}
