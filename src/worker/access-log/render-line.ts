import { type Field, type FormatPart, parseFormat } from '../../config/access-log-format.js';
import { flat, type Lines, safe } from './access-lines.js';
import { commonLogTime } from './clock.js';
import type { Needs, Served } from './served.js';

/** Who writes. */
interface Writer {
  readonly slot: number;
  readonly generation: number;
}

export interface Renderer {
  readonly needs: Needs;
  /** Adds the line with its end; ASCII alone. */
  render(served: Served, lines: Lines): void;
}

/** @throws KfError CONFIG_INVALID for a format that is none */
export function renderer(format: string, writer: Writer): Renderer {
  const parts = parseFormat(format);
  if (parts === undefined) {
    const needs = { trace: true, duration: true, exactTime: true, requestHeaders: JSON_HEADERS, responseHeaders: [] };
    const render = (served: Served, lines: Lines) => {
      lines.plain(JSON.stringify(record(served, writer)).replace(NOT_ASCII, unicode));
      lines.plain('\n');
    };
    return { needs, render };
  }
  const needs = needsOf(parts);
  return { needs, render: compile(parts, fieldsOf(needs), constantsOf(writer)) };
}

const AUTHORIZATION = 'authorization';
const JSON_HEADERS = [AUTHORIZATION, 'referer', 'user-agent'];

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

const TRACE: readonly Field[] = ['trace_id', 'span_id'];
const DURATION: readonly Field[] = ['seconds', 'milliseconds', 'microseconds', 'decimal-seconds'];

/** Adds a field to the line. */
type Say = (served: Served, lines: Lines) => void;
type Constant = 'none' | 'pid' | 'pid-in-brackets' | 'slot' | 'generation' | 'env';
/** By the name of a header, for `request` and `response`. */
type Fields = Readonly<Record<Exclude<Field, Constant>, (name: string) => Say>>;
type Constants = Readonly<Record<Constant, (name: string) => string>>;

/** What is the same in every line becomes text here, so that a line is little more than its fields. */
function compile(parts: readonly FormatPart[], fields: Fields, constants: Constants): Renderer['render'] {
  const steps: { before: string; say: Say }[] = [];
  let text = '';
  for (const part of parts) {
    if (typeof part === 'string') text += part;
    else if (isConstant(part.field, constants)) text += constants[part.field](part.name);
    else {
      steps.push({ before: flat(text), say: fields[part.field](part.name) });
      text = '';
    }
  }
  const end = flat(`${text}\n`);
  return (served, lines) => {
    for (const { before, say } of steps) {
      lines.plain(before);
      say(served, lines);
    }
    lines.plain(end);
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

function fieldsOf({ requestHeaders, responseHeaders }: Needs): Fields {
  const time = commonLogTime();
  const plain = (text: (served: Served) => string) => () => (served: Served, lines: Lines) => lines.plain(text(served));
  const safely = (text: (served: Served) => string) => () => (served: Served, lines: Lines) => lines.safe(text(served));
  const authorization = requestHeaders.indexOf(AUTHORIZATION);
  return {
    client: plain(({ client }) => client),
    user: safely((served) => userOf(served.requestHeader(authorization))),
    time: plain(({ at }) => time(at)),
    line: () => requestLine,
    method: safely(({ method }) => method),
    path: safely(({ url }) => splitUrl(url)[0]),
    query: safely(({ url }) => splitUrl(url)[1]),
    protocol: plain(({ protocol }) => protocol),
    status: plain(({ status }) => String(status)),
    bytes: plain(({ bytes }) => String(bytes)),
    'bytes-or-dash': plain(({ bytes }) => (bytes === 0 ? '-' : String(bytes))),
    seconds: plain(({ took }) => String(Math.floor(took / 1_000))),
    milliseconds: plain(({ took }) => String(Math.round(took))),
    microseconds: plain(({ took }) => String(Math.round(took * 1_000))),
    'decimal-seconds': plain(({ took }) => (took / 1_000).toFixed(6)),
    trace_id: plain(({ trace }) => trace?.traceId ?? '-'),
    span_id: plain(({ trace }) => trace?.spanId ?? '-'),
    request: (name) => {
      const at = requestHeaders.indexOf(name);
      return (served, lines) => lines.safe(served.requestHeader(at) || '-');
    },
    response: (name) => {
      const at = responseHeaders.indexOf(name);
      return (served, lines) => lines.safe(served.responseHeader(at) || '-');
    },
  };
}

function requestLine({ method, url, protocol }: Served, lines: Lines): void {
  lines.safe(method);
  lines.plain(' ');
  lines.safe(url);
  lines.plain(' ');
  lines.plain(protocol);
}

/** What is not there is left out. */
function record(served: Served, { slot, generation }: Writer): Record<string, unknown> {
  const { trace, took } = served;
  const [authorization, referer, agent] = JSON_HEADERS.map((_, at) => served.requestHeader(at));
  const user = userOf(authorization);
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
    referer,
    user_agent: agent,
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

const NOT_ASCII = /[^\x20-\x7e]/g;

function unicode(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
}
