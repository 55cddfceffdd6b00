import type { IncomingMessage, ServerResponse } from 'node:http';
import { constants } from 'node:os';
import {
  API,
  CONTROL_ROUTES,
  type ControlRoute,
  type Identity,
  type ProgressLine,
  type ScaleBody,
} from '../contract/control-protocol.js';
import { KfError } from '../contract/errors.js';
import { isRecord } from '../contract/record-guard.js';
import { isKeyOf } from '../contract/table-keys.js';
import type { ControlContext } from './control-context.js';
import { describeConfig, diffConfigs } from './describe-config.js';
import { fullStatus } from './full-status.js';
import { bodyOf, refusal, reloadWithProgress, restartWithProgress } from './reload-progress.js';
import { reopenLogs } from './reopen-logs.js';
import { streamLogs } from './stream-logs.js';
import { followTrace, sampleSpans } from './watch-spans.js';

/** One call, as its route sees it. */
interface Exchange {
  readonly host: ControlContext;
  readonly query: URLSearchParams;
  /** The JSON that came, `{}` for none. */
  readonly body: Readonly<Record<string, unknown>>;
  readonly response: ServerResponse;
  /** Answers when the cluster has ended and its name is free. */
  afterwards(answer: unknown): void;
}

type Route = (exchange: Exchange) => unknown;

/** A route that returns something answers with it; others write by themselves. */
const ROUTES: Readonly<Record<ControlRoute, Route>> = {
  'GET /v1': ({ host }) => identityOf(host),
  'GET /v1/status': ({ host }) => fullStatus(host),
  'GET /v1/config': ({ host }) => ({ config: describeConfig(host.supervisor.config()) }),
  'GET /v1/logs': ({ host, query, response }) => streamLogs(host.output, query, response),
  'POST /v1/logs/reopen': ({ host }) => reopenLog(host),
  'GET /v1/doctor': ({ host, query, response }) => sampleSpans(host, query, response),
  'GET /v1/follow': ({ host, query, response }) => followTrace(host, query, response),
  'POST /v1/reload': reload,
  'POST /v1/restart': ({ host, body, response }) => {
    return inLines(response, (write) => restartWithProgress(host, optionalSlot(body.slot), write));
  },
  'POST /v1/scale': scale,
  'POST /v1/signal': signal,
  'POST /v1/stop': ({ host, body, afterwards }) => {
    void host.supervisor.stopAndWait({ quick: body.force === true, delay: true });
    afterwards({ stopped: true });
  },
};

/** The statuses of the codes that have one of their own; the code in the body is what counts. */
const STATUS: Readonly<Record<string, number>> = { BAD_REQUEST: 400, BUSY: 409, INTERNAL: 500 };

/** Answers one call. Never throws: what goes wrong is the answer. */
export async function answerCall(
  request: IncomingMessage,
  response: ServerResponse,
  host: ControlContext,
  afterwards: (answer: () => void) => void,
): Promise<void> {
  try {
    const { pathname, searchParams: query } = new URL(request.url ?? '/', 'http://control');
    const name = `${request.method} ${pathname}`;
    if (!isKeyOf(ROUTES, name)) return sendJson(response, 404, { error: bodyOf(notFound(request, pathname)) });
    const body = await readBody(request);
    const later = (answer: unknown) => afterwards(() => sendJson(response, 200, answer));
    const answer = await ROUTES[name]({ host, query, body, response, afterwards: later });
    if (answer !== undefined) sendJson(response, 200, answer);
  } catch (error) {
    const body = bodyOf(error);
    if (response.headersSent) response.destroy();
    else sendJson(response, STATUS[body.code] ?? 422, { error: body });
  }
}

function identityOf({ supervisor }: ControlContext): Identity {
  const { name, pid, script } = supervisor.status();
  return { api: API, name, pid, script };
}

async function reload({ host, query, response }: Exchange): Promise<unknown> {
  if (query.get('dry-run') === 'true') {
    const { supervisor, reloader } = host;
    return { changes: diffConfigs(supervisor.config(), await reloader.preview()) };
  }
  return inLines(response, (write) => reloadWithProgress(host, write));
}

/** @throws KfError LOG_FILE when it cannot be opened, REFUSED when there is none */
async function reopenLog(host: ControlContext): Promise<unknown> {
  const files = [reopenLogs(host), await host.output.reopenElsewhere?.()].filter((file) => file !== undefined);
  if (files.length > 0) return { file: files.join(', ') };
  throw new KfError(
    'REFUSED',
    'there is no log file to open anew',
    'it was started without --log-file and --access-log',
    {
      fix: 'Rotate what its stdout and stderr go to.',
    },
  );
}

async function scale({ host, body }: Exchange): Promise<unknown> {
  const { workers, by = 0 }: ScaleBody = body;
  if (!Number.isInteger(workers ?? body.by)) throw badRequest('expected {"workers": N} or {"by": N}');
  const { supervisor } = host;
  const from = supervisor.status().target;
  const answer = workers === undefined ? await supervisor.scaleBy(by) : await supervisor.scale(workers);
  if (!answer.ok) throw refusal('scale', answer, host);
  return { from, to: supervisor.status().target };
}

function signal({ host, body }: Exchange): unknown {
  const { signal: name } = body;
  if (!isSignal(name)) throw badRequest(`${JSON.stringify(name)} is no signal`);
  const pids = host.supervisor.signal(name, optionalSlot(body.slot));
  if (pids.length === 0) throw badRequest('there is no such worker');
  return { signal: name, pids };
}

const isSignal = (name: unknown): name is NodeJS.Signals =>
  typeof name === 'string' && Object.hasOwn(constants.signals, name);

/** The head is sent with the first line: what fails before it is an error like any other. */
async function inLines(response: ServerResponse, run: (write: (line: ProgressLine) => void) => Promise<void>) {
  await run((line) => {
    if (!response.headersSent) response.writeHead(200, { 'Content-Type': 'application/x-ndjson' });
    response.write(toJson(line));
  });
  response.end();
}

async function readBody(request: IncomingMessage): Promise<Record<string, unknown>> {
  let text = '';
  for await (const chunk of request.setEncoding('utf8')) {
    text += chunk;
    if (text.length > 10_000) throw badRequest('the body is too long');
  }
  if (text.trim() === '') return {};
  try {
    const body: unknown = JSON.parse(text);
    if (isRecord(body)) return body;
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
  }
  throw badRequest('the body is not a JSON object');
}

function sendJson(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { 'Content-Type': 'application/json' });
  response.end(toJson(body));
}

/** Times are measured to the nanosecond; nobody wants to read that. */
function toJson(value: unknown): string {
  const round = (_: string, one: unknown) => (typeof one === 'number' ? Math.round(one * 1_000) / 1_000 : one);
  return `${JSON.stringify(value, round)}\n`;
}

function optionalSlot(value: unknown): number | undefined {
  if (value === undefined) return undefined;
  if (Number.isInteger(value) && Number(value) >= 0) return Number(value);
  throw badRequest(`${JSON.stringify(value)} is no slot`);
}

function notFound({ method }: IncomingMessage, path: string): KfError {
  return new KfError('BAD_REQUEST', `no such call: ${method} ${path}`, `the calls are ${CONTROL_ROUTES.join(', ')}`);
}

function badRequest(why: string): KfError {
  return new KfError('BAD_REQUEST', 'the call is not understood', why);
}
