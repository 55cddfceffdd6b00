import { type Field, type FormatPart, parseFormat } from '../../config/access-log-format.js';
import { commonLogTime } from './clock.js';
import type { Served } from './served.js';

/** Who writes. */
interface Writer {
  readonly slot: number;
  readonly generation: number;
}

/** Line ends included; ASCII alone. */
type Render = (served: Served) => string;

/** @throws KfError CONFIG_INVALID for a format that is none */
export function renderer(format: string, writer: Writer): Render {
  const parts = parseFormat(format);
  if (parts === undefined)
    return (served) => `${escaped(JSON.stringify(record(served, writer)), NOT_ASCII, unicode)}\n`;
  const fields = fieldsOf(writer);
  const steps = parts.map((part) => stepOf(part, fields));
  return (served) => {
    let line = '';
    for (const step of steps) line += typeof step === 'string' ? step : step(served);
    return `${line}\n`;
  };
}

type Step = string | ((served: Served) => string);
type Fields = Readonly<Record<Field, (served: Served, name: string) => string>>;

function stepOf(part: FormatPart, fields: Fields): Step {
  if (typeof part === 'string') return part;
  const { field, name } = part;
  const say = fields[field];
  return (served) => say(served, name);
}

function fieldsOf({ slot, generation }: Writer): Fields {
  const time = commonLogTime();
  return {
    none: () => '-',
    client: ({ client }) => client,
    user: ({ source }) => safe(userOf(source.requestHeader('authorization'))),
    time: ({ took }) => time(Date.now() - took),
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
    pid: () => String(process.pid),
    'pid-in-brackets': () => `<${process.pid}>`,
    trace_id: ({ trace }) => trace?.traceId ?? '-',
    span_id: ({ trace }) => trace?.spanId ?? '-',
    slot: () => String(slot),
    generation: () => String(generation),
    request: ({ source }, name) => safe(source.requestHeader(name) || '-'),
    response: ({ source }, name) => safe(source.responseHeader(name) || '-'),
    env: (_, name) => safe(process.env[name] ?? '-'),
  };
}

/** What is not there is left out. */
function record(served: Served, { slot, generation }: Writer): Record<string, unknown> {
  const { source, trace, took } = served;
  const user = userOf(source.requestHeader('authorization'));
  return {
    time: new Date(Date.now() - took).toISOString(),
    client: served.client,
    user: user === '-' ? undefined : user,
    method: served.method,
    url: served.url,
    protocol: served.protocol,
    status: served.status,
    bytes: served.bytes,
    duration_ms: Math.round(took * 1_000) / 1_000,
    referer: source.requestHeader('referer'),
    user_agent: source.requestHeader('user-agent'),
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

/** As nginx: what could end a field or a line, or steer a terminal, is written out. */
const UNSAFE = /[^\x20-\x7e]|["\\]/;
const EACH_UNSAFE = /[^\x20-\x7e]|["\\]/g;
const NOT_ASCII = /[^\x20-\x7e]/g;

function safe(text: string): string {
  return UNSAFE.test(text) ? escaped(text, EACH_UNSAFE, bytes) : text;
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
