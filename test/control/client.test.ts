import { once } from 'node:events';
import http, { type RequestListener } from 'node:http';
import net from 'node:net';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { KfError } from '../../src/contract/errors.js';
import { type Call, call } from '../../src/control/client.js';
import { privateDir } from '../helpers/cluster.js';

/** Whoever listens where a supervisor would. */
async function answering(t: ExecutionContext, listener: RequestListener | net.Server) {
  const server = typeof listener === 'function' ? http.createServer(listener) : listener;
  const path = join(privateDir(t), 's');
  server.listen(path);
  await once(server, 'listening');
  t.teardown(() => server.close());
  return <T, Line = unknown>(what: Partial<Call<Line>> = {}) => call<T, Line>(path, { path: '/v1/status', ...what });
}

const fails = (t: ExecutionContext, work: Promise<unknown>) => t.throwsAsync(work, { instanceOf: KfError });

test('an answer is its JSON, however it was cut on the way', async (t) => {
  const ask = await answering(t, async (_request, response) => {
    for (const byte of Buffer.from('{"name":"é€😀"}')) {
      response.write(Buffer.from([byte]));
      await new Promise(setImmediate);
    }
    response.end();
  });
  t.deepEqual(await ask(), { name: 'é€😀' });
});

test('lines come one by one, those too that are cut; an empty one is none', async (t) => {
  const ask = await answering(t, async (_request, response) => {
    for (const part of ['{"a":', '1}\n\n{"a":2}\n{"', 'a":"é"}\n']) {
      response.write(part);
      await new Promise(setImmediate);
    }
    response.end();
  });
  const lines: unknown[] = [];
  t.is(await ask({ onLine: (line) => lines.push(line) }), undefined);
  t.deepEqual(lines, [{ a: 1 }, { a: 2 }, { a: 'é' }]);
});

test('the error of a supervisor is thrown with its code and its fix, from an answer in lines too', async (t) => {
  const error = { code: 'BUSY', what: 'reload was refused', why: 'one is under way', fix: 'wait' };
  const ask = await answering(t, (_request, response) => {
    response.writeHead(409).end(JSON.stringify({ error }));
  });
  for (const onLine of [undefined, () => t.fail()]) {
    const { code, message, why, fix } = await fails(t, ask(onLine && { onLine }));
    t.deepEqual([code, message, why, fix], ['BUSY', error.what, error.why, error.fix]);
  }
});

for (const [what, status, body] of [
  ['no JSON', 200, '<html>'],
  ['half of it', 200, '{"name":'],
  ['nothing', 200, ''],
  ['an error without a reason', 500, '{"error":{"code":"BUSY"}}'],
  ['an error that is no object', 500, '[]'],
] as const) {
  test(`who answers ${what} is no supervisor that can be reached`, async (t) => {
    const ask = await answering(t, (_request, response) => void response.writeHead(status).end(body));
    t.is((await fails(t, ask())).code, 'UNREACHABLE');
  });
}

test('a line that is no JSON, and an answer that breaks off in one, are errors', async (t) => {
  const bad = await answering(t, (_request, response) => void response.end('{"a":1}\nx\n'));
  t.is((await fails(t, bad({ onLine: () => undefined }))).code, 'UNREACHABLE');
  const torn = await answering(t, (_request, response) => {
    response.write('{"a":1}\n{"a"', () => response.destroy());
  });
  const lines: unknown[] = [];
  t.is((await fails(t, torn({ onLine: (line) => lines.push(line) }))).code, 'UNREACHABLE');
  t.deepEqual(lines, [{ a: 1 }]);
});

test('one that accepts and says nothing is given up after its patience; where nobody listens at once', async (t) => {
  const ask = await answering(t, net.createServer());
  t.is((await fails(t, ask({ patience: 20 }))).why, 'no answer within 0.02 s');
  const { code, why } = await fails(t, call(join(privateDir(t), 'none'), { path: '/v1' }));
  t.is(code, 'UNREACHABLE');
  t.regex(why, /ENOENT/);
});

test('one that closes each connection at once, as one without a descriptor does, is said to do so', async (t) => {
  const ask = await answering(
    t,
    net.createServer((socket) => void socket.destroy()),
  );
  for (const method of ['GET', 'POST'] as const) {
    const { code, why, fix } = await fails(t, ask({ method }));
    t.is(code, 'UNREACHABLE');
    t.regex(why, /^it closed the connection without an answer \(/);
    t.regex(fix, /ulimit -n/);
  }
});

test('whoever ends a call hears no error of it, before the answer has begun and in the midst of its lines', async (t) => {
  const before = new AbortController();
  const silent = await answering(t, () => before.abort());
  t.is(await silent({ signal: before.signal, onLine: () => t.fail() }), undefined);
  t.is(await silent({ signal: before.signal, onLine: () => t.fail() }), undefined, 'one that is ended already');
  const midst = new AbortController();
  const lines = await answering(t, (_request, response) => void response.write('{}\n'));
  t.is(await lines({ signal: midst.signal, onLine: () => midst.abort() }), undefined);
});

test('a body is sent as JSON by the method that is asked for', async (t) => {
  const ask = await answering(t, async (request, response) => {
    let text = '';
    for await (const chunk of request) text += chunk;
    response.end(JSON.stringify([request.method, request.url, text]));
  });
  t.deepEqual(await ask({ method: 'POST', path: '/v1/scale', body: { by: 1 } }), ['POST', '/v1/scale', '{"by":1}']);
  t.deepEqual(await ask(), ['GET', '/v1/status', '']);
});
