import { AsyncLocalStorage } from 'node:async_hooks';
import { once } from 'node:events';
import http, { type IncomingMessage, type Server } from 'node:http';
import net from 'node:net';
import { context, createContextKey, ROOT_CONTEXT } from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import test from 'ava';
import { enterCallback, leaveCallback, lookAtTable } from '../../../src/telemetry/http/enter-context.js';

context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
lookAtTable();
const HAS_FRAMES = Number.parseInt(process.versions.node, 10) >= 24;
const WHOSE = createContextKey('whose');
const of = (whose: string | undefined) => ROOT_CONTEXT.setValue(WHOSE, whose);
const active = () => context.active().getValue(WHOSE);

/** A server that `serve` is called for before the app; sends these requests over one connection, one after the other. */
async function requests(
  paths: readonly string[],
  serve: (request: IncomingMessage, server: Server) => void,
): Promise<void> {
  const server = http.createServer((request, response) => {
    serve(request, server);
    response.end('x');
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const client = net.connect((server.address() as net.AddressInfo).port, '127.0.0.1');
  for (const path of paths) {
    client.write(`GET ${path} HTTP/1.1\r\nhost: x\r\n\r\n`);
    await once(client, 'data');
  }
  client.destroy();
  server.close();
}

test.serial('a request’s context ends with its callback: the next of the connection begins outside', async (t) => {
  const before: unknown[] = [];
  const inside: unknown[] = [];
  const after: unknown[] = [];
  await requests(['/1', '/2', '/3'], (request) => {
    before.push(active());
    t.is(enterCallback(of(request.url), request), HAS_FRAMES);
    inside.push(active());
    setImmediate(() => after.push(active()));
  });
  const expected = HAS_FRAMES ? ['/1', '/2', '/3'] : [undefined, undefined, undefined];
  t.deepEqual(before, [undefined, undefined, undefined]);
  t.deepEqual(inside, expected);
  t.deepEqual(after, expected, 'what follows from it keeps it');
});

test.serial('pipelined, each begins outside of the one before', async (t) => {
  const before: unknown[] = [];
  const server = http.createServer((request, response) => {
    before.push(active());
    enterCallback(of(request.url), request);
    response.end('x');
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const client = net.connect((server.address() as net.AddressInfo).port, '127.0.0.1');
  client.write('GET /1 HTTP/1.1\r\nhost: x\r\n\r\nGET /2 HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n');
  await once(client.resume(), 'close');
  server.close();
  t.deepEqual(before, [undefined, undefined]);
});

test.serial(
  'who calls on its own keeps its context: from a context, from a timer, for another connection',
  async (t) => {
    await requests(['/1'], (request) => {
      t.false(context.with(of('mine'), () => enterCallback(of('other'), request)));
      t.is(active(), undefined);
    });
    await new Promise<void>((resolve) => {
      void requests(['/1'], (request) => {
        setImmediate(() => {
          t.false(enterCallback(of('other'), request));
          resolve();
        });
      });
    });
    await requests(['/1'], () => t.false(enterCallback(of('other'), new http.IncomingMessage(new net.Socket()))));
  },
);

test.serial('what a failing callback has entered, it leaves', async (t) => {
  await requests(['/1'], (request) => {
    if (enterCallback(of('mine'), request)) leaveCallback();
    t.is(active(), undefined);
  });
});

test.serial('a context manager that is not ours is asked itself', async (t) => {
  const storage = new AsyncLocalStorage<ReturnType<typeof of>>();
  class Foreign extends AsyncLocalStorageContextManager {
    override active() {
      return storage.getStore() ?? ROOT_CONTEXT;
    }
  }
  const changed = new AsyncLocalStorageContextManager();
  Object.assign(changed, { with: changed.with });
  for (const manager of [new Foreign(), changed]) {
    context.disable();
    context.setGlobalContextManager(manager);
    lookAtTable();
    await requests(['/1'], (request) => t.false(enterCallback(of('other'), request)));
  }
});
