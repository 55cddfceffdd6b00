import { createReadStream } from 'node:fs';
import { KfError } from '../../contract/errors.js';
import { isOfType } from '../../contract/handlers.js';
import { isSystemError } from '../../contract/system-error.js';
import { BadFilter } from '../filter/bad-filter.js';
import type { StreamMessage, Topic, TraceDetail, TraceList } from '../page-api.js';
import { MalformedRequest } from '../scalars.js';
import { createSession } from '../session/run-session.js';
import { latest } from '../session/whole-session.js';
import { createTelemetryStore } from '../store/telemetry-store.js';

type View<T extends Topic> = Extract<StreamMessage, { type: T }>;

/** Where an assistant's questions are answered from: a run of `dev`, or a session that was recorded. */
export interface Source {
  traces(filter: string, limit: number): Promise<TraceList>;
  trace(traceId: string): Promise<TraceDetail | undefined>;
  view<T extends Topic>(topic: T): Promise<View<T>>;
}

/** A question that cannot be answered as it was asked; its text goes to the assistant. */
export class BadQuestion extends Error {
  override readonly name = 'BadQuestion';
}

/** @param url of the page, with its token */
export function pageSource(url: string): Source {
  const { origin, hash } = new URL(url);
  const ask = async (path: string): Promise<Response> => {
    const headers = { authorization: `Bearer ${hash.slice(1)}` };
    const response = await fetch(`${origin}${path}`, { headers }).catch((cause: Error) => {
      throw new BadQuestion('the run of dev has just ended: ask again', { cause });
    });
    if (response.ok || response.status === 404) return response;
    const { what, fix } = (await response.json()) as { what: string; fix: string };
    throw new BadQuestion(`${what}. ${fix}`);
  };
  return {
    traces: async (filter, limit) =>
      (
        await ask(`/api/traces?${new URLSearchParams({ q: filter, limit: String(limit) })}`)
      ).json() as Promise<TraceList>,
    trace: async (traceId) => {
      const response = await ask(`/api/trace/${encodeURIComponent(traceId)}`);
      return response.ok ? ((await response.json()) as TraceDetail) : undefined;
    },
    view: async (topic) => firstOf(await ask(`/api/stream?topic=${topic}`), topic),
  };
}

/** The first message of a view has all of it. */
async function firstOf<T extends Topic>(response: Response, topic: T): Promise<View<T>> {
  let text = '';
  const decoder = new TextDecoder();
  for await (const chunk of response.body ?? []) {
    text += decoder.decode(chunk, { stream: true });
    const lines = text.split('\n');
    text = lines.pop() ?? '';
    for (const line of lines) {
      const message = JSON.parse(line) as StreamMessage;
      if (isOfType(message, topic)) return message; // leaving the loop ends the request
    }
  }
  throw new BadQuestion(`the run of dev ended before it sent its ${topic}`);
}

/** A session as `--record` writes it. @throws KfError SYSTEM, BAD_FLAG */
export async function fileSource(file: string): Promise<Source> {
  const store = createTelemetryStore();
  const about = { app: file, version: '', startedAt: 0, listenOnly: true };
  const session = createSession({ store, about, received: () => 0 });
  try {
    await session.import(createReadStream(file));
  } catch (error) {
    if (isSystemError(error)) throw unreadable(file, error);
    if (!(error instanceof MalformedRequest)) throw error;
    const fix = 'Name a file that dev --record or the export of the page has written, as OTLP.';
    throw new KfError('BAD_FLAG', `${file} is no session`, error.message, { fix, cause: error });
  }
  return {
    traces: async (filter, limit) => {
      try {
        return session.traces({ filter, before: undefined, limit });
      } catch (error) {
        throw error instanceof BadFilter ? new BadQuestion(`${error.message}. ${error.fix}`) : error;
      }
    },
    trace: async (traceId) => session.trace(traceId),
    view: async (topic) => latest(session, topic),
  };
}

function unreadable(file: string, cause: NodeJS.ErrnoException): KfError {
  const fix = 'Name a file that this user can read: what dev --record or the export of the page has written.';
  return new KfError('SYSTEM', `${file} cannot be read`, cause.message, { fix, cause });
}
