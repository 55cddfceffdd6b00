import type { IncomingMessage, ServerResponse } from 'node:http';
import { setImmediate } from 'node:timers/promises';
import { BadFilter } from '../filter/bad-filter.js';
import { type StreamMessage, TOPICS } from '../page-api.js';
import { HeavyRequest, MalformedRequest } from '../scalars.js';
import { exportSession } from './export.js';
import { HttpRefusal } from './http-refusal.js';
import type { Feed, PageData, Slice } from './page-data.js';
import { openStream } from './stream.js';

/** A request whose caller and token are in order. */
export interface Call {
  readonly data: PageData;
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly url: URL;
}

type Route = (call: Call) => void | Promise<void>;

const ROUTES: ReadonlyMap<string, Route> = new Map<string, Route>([
  ['GET /api/stream', stream],
  ['GET /api/traces', ({ data, response, url }) => json(response, 200, data.traces(sliceOf(url)))],
  ['GET /api/export', exportSession],
  ['POST /api/import', importSession],
  ['GET /api/logs', ({ data, response, url }) => json(response, 200, data.logs(sliceOf(url)))],
]);

/** @throws HttpRefusal */
export async function serveApi(call: Call): Promise<void> {
  const { request, url } = call;
  const route = ROUTES.get(`${request.method} ${url.pathname}`);
  try {
    if (route !== undefined) await route(call);
    else if (url.pathname.startsWith('/api/trace/')) await trace(call);
    else throw unknown(call);
  } catch (error) {
    if (error instanceof BadFilter) throw new HttpRefusal(400, error.message, error.fix, error.at);
    throw error;
  }
}

function unknown({ request, url }: Call): HttpRefusal {
  const methods = ['GET', 'POST'].filter((method) => ROUTES.has(`${method} ${url.pathname}`));
  if (methods.length === 0) return new HttpRefusal(404, `there is no ${url.pathname}`, 'See docs/DEV.md');
  return new HttpRefusal(405, `${request.method} is not ${methods.join()}`, `Use ${methods.join()}.`);
}

const LINES = { 'content-type': 'application/x-ndjson; charset=utf-8' };
/** Views that are open at once, in all tabs. */
const MOST_STREAMS = 32;
let streams = 0;

function stream({ data, response, url }: Call): void {
  const topic = TOPICS.find((one) => one === url.searchParams.get('topic'));
  if (topic === undefined) throw new HttpRefusal(400, 'there is no such topic', `It is one of ${TOPICS.join(', ')}.`);
  if (streams >= MOST_STREAMS) throw new HttpRefusal(503, `${streams} views are open`, 'Close one of the tabs.');
  streams += 1;
  response.once('close', () => {
    streams -= 1;
  });
  response.writeHead(200, LINES);
  openStream(response, data, topic, feedOf(data, topic, url.searchParams.get('q') ?? ''));
}

/** A filter that cannot be read is answered within the stream: the page shows where it is wrong, while it is typed. */
function feedOf(data: PageData, topic: (typeof TOPICS)[number], filter: string): Feed {
  try {
    return data.feed(topic, filter);
  } catch (error) {
    if (!(error instanceof BadFilter)) throw error;
    let message: StreamMessage | undefined = {
      type: 'filter-refused',
      at: error.at,
      what: error.message,
      fix: error.fix,
    };
    return {
      next: () => {
        const once = message;
        message = undefined;
        return once;
      },
      close: () => undefined,
    };
  }
}

/** What a waterfall shows is on its way, and painted, while the rest is made. */
async function trace({ data, request, response, url }: Call): Promise<void> {
  const id = url.pathname.slice('/api/trace/'.length);
  if (request.method !== 'GET') throw new HttpRefusal(405, `${request.method} is not GET`, 'Use GET.');
  const known = /^[0-9a-f]{32}$/.test(id);
  const none = new HttpRefusal(404, 'no such trace is held', 'It may have been evicted.');
  if (url.searchParams.get('as') !== 'columns') {
    const detail = known ? data.trace(id) : undefined;
    if (detail === undefined) throw none;
    return json(response, 200, detail);
  }
  const columns = known ? data.traceColumns(id) : undefined;
  if (columns === undefined) throw none;
  response.writeHead(200, LINES).write(`${JSON.stringify(columns.frame)}\n`);
  await setImmediate();
  response.end(`${JSON.stringify(columns.attributes())}\n`);
}

const MOST_ROWS = 1_000;
const ROWS = 200;

function sliceOf({ searchParams }: URL): Slice {
  const limit = Number(searchParams.get('limit') ?? ROWS);
  return {
    filter: searchParams.get('q') ?? '',
    before: searchParams.get('before') ?? undefined,
    limit: Number.isInteger(limit) && limit > 0 ? Math.min(limit, MOST_ROWS) : ROWS,
  };
}

/** One session at a time: what it takes is not multiplied. */
let importing = false;

async function importSession({ data, request, response }: Call): Promise<void> {
  const fix = 'Send a session that was exported as OTLP: one request in JSON a line.';
  if (!/^application\/(x-ndjson|json)\b/.test(request.headers['content-type'] ?? '')) {
    throw new HttpRefusal(415, 'content-type must be application/x-ndjson or application/json', fix);
  }
  if (importing) throw new HttpRefusal(503, 'another session is being imported', 'Try again when that is done.');
  importing = true;
  try {
    json(response, 200, await data.import(bodyOf(request)));
  } catch (error) {
    if (error instanceof HeavyRequest) throw new HttpRefusal(413, error.message, fix);
    if (error instanceof MalformedRequest) throw new HttpRefusal(400, error.message, fix);
    throw error;
  } finally {
    importing = false;
  }
}

/** Of a whole session, in bytes. */
const LARGEST_SESSION = 512 << 20;

async function* bodyOf(request: IncomingMessage): AsyncGenerator<Buffer> {
  let size = 0;
  for await (const part of request.iterator({ destroyOnReturn: false })) {
    const chunk: Buffer = part;
    size += chunk.length;
    if (size > LARGEST_SESSION) throw new HeavyRequest(`the session is larger than ${LARGEST_SESSION} bytes`);
    yield chunk;
  }
}

export function json(response: ServerResponse, status: number, body: unknown): void {
  const text = JSON.stringify(body);
  response
    .writeHead(status, {
      'content-type': 'application/json; charset=utf-8',
      'content-length': Buffer.byteLength(text),
    })
    .end(text);
}
