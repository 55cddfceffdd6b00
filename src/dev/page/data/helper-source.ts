import {
  type Refusal,
  type StreamMessage,
  spansOf,
  type TraceAttributes,
  type TraceDetail,
  type TraceFrame,
} from './contract.js';
import { linesOf } from './lines.js';
import { painted } from './painted.js';
import { type Source, SourceError } from './source.js';

/** The helper says `alive` every 5 s at the latest. */
const SILENT_MS = 12_000;
const PAGE_OF_ROWS = '200';

/** The helper process that served this page. The token goes into a header, which no other site can add. */
export function helperSource(token: string): Source {
  const ask = (path: string, init: RequestInit = {}) => request(token, path, init);
  const read = async <T>(path: string): Promise<T> => (await succeeded(await ask(path))).json();
  return {
    live: true,
    follow: async ({ topic, filter }, onMessage, signal) => {
      const silence = silenceAfter(SILENT_MS, signal);
      try {
        const path = `stream?${query({ topic, q: filter })}`;
        const response = await succeeded(await ask(path, { signal: silence.signal }));
        for await (const line of linesOf(response.body ?? new ReadableStream())) {
          silence.heard();
          onMessage(JSON.parse(line) as StreamMessage);
        }
      } catch (cause) {
        if (signal.aborted) return;
        throw cause instanceof SourceError ? cause : new SourceError('away', String(cause));
      } finally {
        silence.end();
      }
      if (!signal.aborted) throw new SourceError('away', 'the connection ended');
    },
    traces: (filter, before) => read(`traces?${query({ q: filter, before, limit: PAGE_OF_ROWS })}`),
    logs: (filter, before) => read(`logs?${query({ q: filter, before, limit: PAGE_OF_ROWS })}`),
    trace: async (traceId, onFrame) => {
      const response = await ask(`trace/${encodeURIComponent(traceId)}?as=columns`);
      if (response.status === 404) return undefined;
      return readTrace(linesOf((await succeeded(response)).body ?? new ReadableStream()), onFrame);
    },
    exportAs: async (format) => (await succeeded(await ask(`export?${query({ format })}`))).blob(),
    importFrom: async (file) => {
      const headers = { 'content-type': 'application/x-ndjson' };
      return (await succeeded(await ask('import', { method: 'POST', body: file, headers }))).json();
    },
  };
}

async function readTrace(lines: AsyncGenerator<string>, onFrame: (trace: TraceDetail) => void): Promise<TraceDetail> {
  const read = async <T>(): Promise<T> => {
    const line = await lines.next();
    if (line.done) throw new SourceError('away', 'the connection ended');
    return JSON.parse(line.value);
  };
  const frame = await read<TraceFrame>();
  const { traceId, logs, missing } = frame;
  const { spans, attributesAre } = spansOf(frame);
  onFrame({ traceId, spans, logs, missing });
  await painted();
  attributesAre(await read<TraceAttributes>());
  return { traceId, spans, logs, missing };
}

async function request(token: string, path: string, init: RequestInit): Promise<Response> {
  const headers = { ...init.headers, authorization: `Bearer ${token}` };
  try {
    return await fetch(`/api/${path}`, { ...init, headers, cache: 'no-store' });
  } catch (cause) {
    throw new SourceError('away', String(cause));
  }
}

async function succeeded(response: Response): Promise<Response> {
  if (response.ok) return response;
  if (response.status === 401 || response.status === 403) throw new SourceError('refused', 'the token is refused');
  const { what, fix } = (await response.json()) as Refusal;
  throw new SourceError('failed', `${what}. ${fix}`);
}

function query(fields: Readonly<Record<string, string | undefined>>): URLSearchParams {
  const given = Object.entries(fields).filter((field): field is [string, string] => Boolean(field[1]));
  return new URLSearchParams(given);
}

/** Aborts when nothing was heard for `ms`, and when `outer` does. */
function silenceAfter(ms: number, outer: AbortSignal) {
  const controller = new AbortController();
  const abort = () => controller.abort();
  let timer = setTimeout(abort, ms);
  outer.addEventListener('abort', abort);
  return {
    signal: controller.signal,
    heard: () => {
      clearTimeout(timer);
      timer = setTimeout(abort, ms);
    },
    end: () => {
      clearTimeout(timer);
      outer.removeEventListener('abort', abort);
    },
  };
}
