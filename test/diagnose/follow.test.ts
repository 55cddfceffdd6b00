import { createServer, type IncomingHttpHeaders, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import test, { type ExecutionContext } from 'ava';
import type { FollowLine, WatchedWorker } from '../../src/contract/control-protocol.js';
import { KfError } from '../../src/contract/errors.js';
import type { Call } from '../../src/control/client.js';
import { type CallSupervisor, follow } from '../../src/diagnose/smoke/follow.js';
import { newTrace, readUrl, sendRequest } from '../../src/diagnose/smoke/send-request.js';
import { smokeUrl } from '../../src/diagnose/smoke/smoke-url.js';

/** An app on a port of its own. */
async function serve(t: ExecutionContext, listener: RequestListener): Promise<URL> {
  const server = createServer(listener).listen(0, '127.0.0.1');
  t.teardown(() => server.close());
  await new Promise((resolve) => server.once('listening', resolve));
  return new URL(`http://127.0.0.1:${(server.address() as AddressInfo).port}/cart?key=planted`);
}

interface Scripted {
  readonly call: CallSupervisor;
  /** Whether the call that follows the trace has ended. */
  readonly over: () => boolean;
  /** What the supervisor says now. */
  say(line: FollowLine): void;
  leave(error?: Error): void;
  readonly asked: string[];
}

/** A supervisor whose status is, at each call, the next of these; it begins to look when it is asked to follow. */
function supervisor(statuses: readonly object[], begins = true): Scripted {
  const asked: string[] = [];
  let onLine: (line: FollowLine) => void = () => undefined;
  let end: (error?: Error) => void = () => undefined;
  let ended = false;
  const rest = [...statuses];
  const call = <T, Line>({ path, onLine: hear, signal }: Call<Line>): Promise<T> => {
    asked.push(path.replace(/trace=\w+/, 'trace=T'));
    if (path === '/v1/status') return Promise.resolve(rest.shift() as T);
    onLine = hear as unknown as typeof onLine;
    return new Promise<T>((resolve, reject) => {
      end = (error) => {
        ended = true;
        if (error) reject(error);
        else resolve(undefined as T);
      };
      signal?.addEventListener('abort', () => end(new Error('aborted')));
      if (begins) onLine({ type: 'begun', silent: [3] });
    });
  };
  return { call, asked, over: () => ended, say: (line) => onLine(line), leave: (error) => end(error) };
}

const status = (...requests: number[]) => ({
  workers: requests.map((count, slot) => ({
    pid: 10 + slot,
    stats: { requests: count, instrumentations: slot === 0 ? [{ name: 'http' }, { name: 'pg' }] : undefined },
  })),
});
const seen = (fields: Partial<WatchedWorker> = {}): FollowLine => ({
  type: 'seen',
  ...{ slot: 0, pid: 10, seen: 1, fate: 'acknowledged' },
  spans: [{ name: 'GET' }] as unknown as WatchedWorker['spans'],
  ...fields,
});

/** The timers of 1 to 9 s that work has set and not cleared: they would keep its command. (A request's own ends with it.) */
async function timersLeftBy(work: () => Promise<unknown>): Promise<number> {
  const left = new Set<unknown>();
  const { setTimeout: set, clearTimeout: clear } = globalThis;
  const kept = (handler: () => void, ms: number) => {
    const timer = set(handler, ms);
    if (ms >= 1_000 && ms < 10_000) left.add(timer);
    return timer;
  };
  Object.assign(globalThis, {
    setTimeout: kept,
    clearTimeout: (timer: NodeJS.Timeout) => {
      left.delete(timer);
      clear(timer);
    },
  });
  try {
    await work();
  } finally {
    Object.assign(globalThis, { setTimeout: set, clearTimeout: clear });
  }
  return left.size;
}

test('a request goes out when every worker looks, with a sampled traceparent and nothing of a browser', async (t) => {
  let headers: IncomingHttpHeaders = {};
  const one = supervisor([status(5), status(6)]);
  const url = await serve(t, (request, response) => {
    headers = request.headers;
    response.end();
    one.say(seen());
  });
  const ids = newTrace();
  const followed = await follow(one.call, url, ids);
  t.is(headers.traceparent, `00-${ids.traceId}-${ids.spanId}-01`);
  t.deepEqual(one.asked, ['/v1/status', '/v1/follow?trace=T&seconds=30', '/v1/status']);
  t.like(followed, { silent: [3], served: 1, instrumented: ['http', 'pg'] });
  t.is(followed.answered.status, 200);
  t.true(one.over(), 'the supervisor is not asked any longer');
});

test('the last word of each worker counts: open and waiting go on, until nobody has more to say', async (t) => {
  const one = supervisor([status(0, 0), status(1, 0)]);
  const url = await serve(t, (_request, response) => {
    response.end();
    one.say(seen({ fate: 'open' }));
    one.say(seen({ pid: 11, slot: 1, fate: 'waiting' }));
    one.say(seen({ fate: 'acknowledged' }));
    setImmediate(() => one.say(seen({ pid: 11, slot: 1, fate: 'dropped' })));
  });
  const { workers } = await follow(one.call, url, newTrace());
  t.deepEqual(
    workers.map(({ pid, fate }) => [pid, fate]),
    [
      [10, 'acknowledged'],
      [11, 'dropped'],
    ],
  );
});

test('a worker that is gone has taken its count along: how many were served is not known', async (t) => {
  const one = supervisor([status(5, 5), status(6)]);
  const url = await serve(t, (_request, response) => {
    response.end();
    one.say(seen());
  });
  t.is((await follow(one.call, url, newTrace())).served, undefined);
});

test('requests are counted that a worker has answered which a reload has forked meanwhile', async (t) => {
  const one = supervisor([status(5), status(5, 2)]);
  const url = await serve(t, (_request, response) => {
    response.end();
    one.say(seen());
  });
  t.is((await follow(one.call, url, newTrace())).served, 2);
});

test.serial('a supervisor that ends meanwhile ends the wait, and leaves no timer that keeps the command', async (t) => {
  const one = supervisor([status(0), status(0)]);
  const url = await serve(t, (_request, response) => {
    response.end();
    setImmediate(() => one.leave());
  });
  t.is(await timersLeftBy(async () => t.deepEqual((await follow(one.call, url, newTrace())).workers, [])), 0);
});

test('a supervisor that does not take the call is the error, and no request is sent', async (t) => {
  let requests = 0;
  const url = await serve(t, (_request, response) => {
    requests += 1;
    response.end();
  });
  const one = supervisor([status(0)], false);
  const gone = new KfError('UNREACHABLE', 'the supervisor has gone', 'ECONNRESET', { fix: 'Start it.' });
  const followed = follow(one.call, url, newTrace());
  await new Promise<void>((resolve) => setImmediate(resolve));
  one.leave(gone);
  t.is(await t.throwsAsync(followed), gone);
  t.is(requests, 0);
});

test('an app that does not answer is the error, and the supervisor is let go', async (t) => {
  const one = supervisor([status(0)]);
  const url = await serve(t, (request) => void request.socket.destroy());
  const error = await t.throwsAsync(follow(one.call, url, newTrace()), { instanceOf: KfError });
  t.is((error as KfError).code, 'UNREACHABLE');
  t.true(one.over());
});

test('an answer that breaks off in its body is no answer; one of 500 is', async (t) => {
  const broken = await serve(t, (_request, response) => {
    response.writeHead(200, { 'content-length': 10 });
    response.write('ok', () => response.destroy());
  });
  await t.throwsAsync(sendRequest(broken, newTrace()), { message: /does not answer the request/ });
  const failing = await serve(t, (_request, response) => void response.writeHead(500).end('no'));
  t.is((await sendRequest(failing, newTrace())).status, 500);
});

test('a URL of HTTP is taken, anything else is wrong usage and is not repeated', (t) => {
  t.is(readUrl('https://shop.example/cart').href, 'https://shop.example/cart');
  for (const text of ['', 'shop', 'localhost:3000', 'ftp://x/', 'file:///etc/passwd', '//x', 'http://'])
    t.throws(() => readUrl(text), { code: 'BAD_FLAG', message: /^((?!passwd).)*$/ }, text);
});

test('what smoke prints begins with the trace id and has no query, which may hold a key', async (t) => {
  const one = supervisor([status(0), status(1)]);
  const url = await serve(t, (_request, response) => {
    response.end();
    one.say(seen({ spans: [] }));
    one.leave();
  });
  const { traceId, text, failure } = await smokeUrl(url.href, one.call);
  t.regex(text, new RegExp(`^trace ${traceId}\n  GET ${url.origin}/cart answered 200 in \\d+ ms\n`));
  t.false(text.includes('planted'));
  t.is(failure?.code, 'NOT_TRACED');
});
