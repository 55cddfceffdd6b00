import type { IncomingMessage } from 'node:http';
import http from 'node:http';
import type { ControlPath, ErrorBody } from '../contract/control-protocol.js';
import { KfError } from '../contract/errors.js';
import { isRecord } from '../contract/record-guard.js';
import { codeOf, messageOf } from '../contract/system-error.js';

/** How long a supervisor may take to begin its answer, in milliseconds. */
const PATIENCE = 10_000;

export interface Call<Line = unknown> {
  readonly method?: 'GET' | 'POST';
  readonly path: ControlPath;
  readonly body?: unknown;
  /** Milliseconds until the answer must have begun; 0 is for ever. */
  readonly patience?: number;
  /** Ends the call: an answer in lines ends there, without an error. */
  readonly signal?: AbortSignal;
  /** Called with each line of an answer that comes in lines. */
  readonly onLine?: (line: Line) => void;
}

/**
 * One call to a supervisor. Resolves to its JSON; for an answer in lines, when that has ended.
 *
 * @throws KfError UNREACHABLE, or the error that the supervisor answered with
 */
export async function call<T, Line = unknown>(socketPath: string, what: Call<Line>): Promise<T>;
export async function call<Line>(
  socketPath: string,
  { method = 'GET', path, body, ...more }: Call<Line>,
): Promise<unknown> {
  try {
    const response = await send(socketPath, method, path, body, more);
    const ok = (response.statusCode ?? 500) < 300;
    if (ok && more.onLine) {
      await readLines(response, more.onLine);
      return;
    }
    const answer: unknown = JSON.parse(await readText(response));
    if (ok) return answer;
    const error = isRecord(answer) ? answer.error : undefined;
    throw isErrorBody(error) ? toError(error) : unreachable(socketPath, `status ${response.statusCode}, and no reason`);
  } catch (error) {
    if (more.signal?.aborted) return;
    if (error instanceof KfError) throw error;
    throw unreachable(socketPath, messageOf(error));
  }
}

function isErrorBody(error: unknown): error is ErrorBody {
  return isRecord(error) && ['code', 'what', 'why', 'fix'].every((name) => typeof error[name] === 'string');
}

export function toError({ code, what, why, fix }: ErrorBody): KfError {
  return new KfError(code, what, why, { fix });
}

type SendOptions = Pick<Call, 'patience' | 'signal'>;

function send(
  socketPath: string,
  method: string,
  path: string,
  body: unknown,
  { patience = PATIENCE, signal }: SendOptions,
) {
  return new Promise<IncomingMessage>((resolve, reject) => {
    const request = http.request({ socketPath, method, path, agent: false, ...(signal && { signal }) }, (response) => {
      request.setTimeout(0);
      resolve(response);
    });
    request.setTimeout(patience, () => request.destroy(new Error(`no answer within ${patience / 1_000} s`)));
    request.once('error', (error) => reject(unreachable(socketPath, whyFailed(error))));
    request.end(body === undefined ? undefined : JSON.stringify(body));
  });
}

/** One that has no descriptor free accepts a connection and closes it at once: libuv does so, Node is not asked. */
function whyFailed(error: Error): string {
  const closed = ['EPIPE', 'ECONNRESET'].includes(codeOf(error) ?? '');
  return closed ? `it closed the connection without an answer (${error.message})` : error.message;
}

async function readText(response: IncomingMessage): Promise<string> {
  let text = '';
  for await (const chunk of response.setEncoding('utf8')) text += chunk;
  return text;
}

async function readLines<Line>(response: IncomingMessage, onLine: (line: Line) => void): Promise<void> {
  let rest = '';
  for await (const chunk of response.setEncoding('utf8')) {
    const lines = (rest + chunk).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) if (line !== '') onLine(JSON.parse(line));
  }
}

function unreachable(path: string, why: string): KfError {
  return new KfError('UNREACHABLE', `the supervisor at ${path} does not answer`, why);
}
