import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import test, { type ExecutionContext } from 'ava';
import { createLog } from '../../src/contract/log.js';
import { isRecord } from '../../src/contract/record-guard.js';
import { publishPage } from '../../src/dev/page-place.js';
import { record } from '../../src/dev/session/record-session.js';
import { makeRequest, makeSession, openPage } from '../helpers/page.js';
import { tree } from '../helpers/tree.js';
import { runIn } from './run-here.js';
import { runtimeDir } from './running-here.js';

runtimeDir();

const silent = createLog({ format: 'pretty', level: 'silent', sink: () => undefined, label: '' });

/** The command with an assistant on its stdin and stdout, which are those of this process until it has ended. */
function assistant(t: ExecutionContext, ...args: string[]) {
  const { stdin, stdout } = process;
  const input = new PassThrough();
  const { write } = stdout;
  const waiting = new Map<unknown, (answer: Record<string, unknown>) => void>();
  const answers: unknown[] = [];
  Object.defineProperty(process, 'stdin', { value: input, configurable: true });
  const code = runIn(tree(t, {}), 'mcp', ...args).finally(() => {
    Object.defineProperty(process, 'stdin', { value: stdin, configurable: true });
    Object.assign(stdout, { write });
  });
  const listen = (text: string | Uint8Array) => {
    for (const line of String(text).trimEnd().split('\n')) {
      const answer: unknown = JSON.parse(line);
      answers.push(answer);
      if (isRecord(answer)) waiting.get(answer.id)?.(answer);
    }
    return true;
  };
  // The runner has put its own in place, and would keep the answers until the end.
  Object.assign(stdout, { write: listen });
  const send = (text: string) => input.write(`${text}\n`);
  const ask = (method: string, params: object = {}) => {
    const id = waiting.size + 1;
    const answered = new Promise<Record<string, unknown>>((resolve) => waiting.set(id, resolve));
    send(JSON.stringify({ jsonrpc: '2.0', id, method, params }));
    return answered;
  };
  const call = async (name: string, given: object = {}) => {
    const { result } = await ask('tools/call', { name, arguments: given });
    const { content, isError } = result as { content: { text: string }[]; isError: boolean };
    return { text: content[0]?.text ?? '', isError };
  };
  const end = async () => {
    input.end();
    return (await code).code;
  };
  return { ask, call, send, end, answers, code };
}

const HELLO = { protocolVersion: '2025-06-18', capabilities: {}, clientInfo: { name: 'test', version: '1' } };

/** A run of `dev` with a page and one trace of that route. */
async function devOf(t: ExecutionContext, app: string, pid: number, startedAt: number) {
  const page = await openPage();
  page.store.addSpans([makeRequest({ route: `/${app}` })]);
  const url = `http://127.0.0.1:${page.port}/#${page.token}`;
  const withdraw = publishPage({ pid, app, url, startedAt }, silent);
  let ended: Promise<void> | undefined;
  const close = () => {
    withdraw();
    ended ??= page.close();
    return ended;
  };
  t.teardown(close);
  return { close };
}

/** A file with one trace of that route. */
async function recorded(t: ExecutionContext, route: string): Promise<string> {
  const { store, session } = makeSession();
  store.addSpans([makeRequest({ route })]);
  const file = join(tree(t, {}), 'session.jsonl');
  await record(file, session);
  return file;
}

const routesIn = (text: string) => JSON.parse(text).rows.map(({ route }: { route: string }) => route);

test.serial('an assistant is told who answers, that names are data, and of tools that only read', async (t) => {
  const { ask, send, end, answers } = assistant(t);
  const { result } = await ask('initialize', HELLO);
  t.like(result, { serverInfo: { name: 'kf-cluster' }, capabilities: { tools: {} } });
  t.regex(String(isRecord(result) && result.instructions), /never instructions/);
  send(JSON.stringify({ jsonrpc: '2.0', method: 'notifications/initialized' }));
  const { tools } = (await ask('tools/list')).result as { tools: Record<string, Record<string, unknown>>[] };
  t.true(tools.length >= 5);
  for (const { annotations, inputSchema } of tools) {
    t.like(annotations, { readOnlyHint: true, openWorldHint: false });
    t.like(inputSchema, { type: 'object', additionalProperties: false });
  }
  const one = tools.find(({ name }) => String(name) === 'explain_trace');
  t.deepEqual(one?.inputSchema?.required, ['traceId']);
  t.is(await end(), 0);
  t.is(answers.length, 2, 'a notification has no answer');
});

test.serial('a recorded session is asked by a filter; what cannot be answered is an error in the answer', async (t) => {
  const { ask, call, end } = assistant(t, await recorded(t, '/recorded'));
  await ask('initialize', HELLO);
  t.deepEqual(routesIn((await call('traces')).text), ['/recorded']);
  t.deepEqual(routesIn((await call('traces', { filter: 'route:/other' })).text), []);
  t.like(await call('stop'), { isError: true, text: 'there is no tool stop' });
  t.true((await call('traces', { filter: 'dur>x' })).isError);
  t.true((await call('trace', { traceId: 'f'.repeat(32) })).isError);
  t.false((await call('routes')).isError, 'and it answers on');
  t.is(await end(), 0);
});

test.serial('a line that is no message, and a method that is none, end nothing', async (t) => {
  const { ask, call, send, end } = assistant(t, await recorded(t, '/recorded'));
  await ask('initialize', HELLO);
  for (const line of ['{', '', 'null', '[]', '{"jsonrpc":"1.0"}', '\u0000']) send(line);
  t.like(await ask('resources/list'), { error: { code: -32601 } });
  t.deepEqual(routesIn((await call('traces')).text), ['/recorded']);
  t.is(await end(), 0);
});

test.serial('of several runs of dev the one that was started last answers, or that of --app', async (t) => {
  await devOf(t, 'old', process.pid, 1);
  await devOf(t, 'new', process.ppid, 2);
  const any = assistant(t);
  await any.ask('initialize', HELLO);
  t.deepEqual(routesIn((await any.call('traces')).text), ['/new']);
  await any.end();
  const one = assistant(t, '--app', 'old');
  await one.ask('initialize', HELLO);
  t.deepEqual(routesIn((await one.call('traces')).text), ['/old']);
  await one.end();
});

test.serial('a run that ends and another that begins are noticed between two calls', async (t) => {
  const { ask, call, end } = assistant(t);
  await ask('initialize', HELLO);
  const none = await call('routes');
  t.true(none.isError);
  t.regex(none.text, /no kf-cluster dev with a page runs.*kf-cluster dev app\.js/s);
  const first = await devOf(t, 'first', process.pid, 1);
  const second = await devOf(t, 'second', process.ppid, 2);
  t.deepEqual(routesIn((await call('traces')).text), ['/second']);
  await second.close();
  t.deepEqual(routesIn((await call('traces')).text), ['/first']);
  await first.close();
  t.is((await call('traces')).text, none.text);
  t.is(await end(), 0);
});

test.serial('--app of a run that there is none of is named in the answer', async (t) => {
  await devOf(t, 'shop', process.pid, 1);
  const { ask, call, end } = assistant(t, '--app', 'till');
  await ask('initialize', HELLO);
  const { text, isError } = await call('errors');
  t.true(isError);
  t.regex(text, /no kf-cluster dev of till with a page runs/);
  t.is(await end(), 0);
});

test.serial('an assistant that is gone, which shows on stdout alone, ends the command', async (t) => {
  const { ask, code } = assistant(t);
  await ask('initialize', HELLO);
  process.stdout.emit('error', Object.assign(new Error('write EPIPE'), { code: 'EPIPE' }));
  t.is((await code).code, 0);
});
