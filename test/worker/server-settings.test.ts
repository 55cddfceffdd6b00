import { once } from 'node:events';
import http from 'node:http';
import net from 'node:net';
import test from 'ava';
import { RequestCounter } from '../../src/worker/servers/request-counter.js';
import { applyTimeouts, listenArguments } from '../../src/worker/servers/server-settings.js';

const NONE = { keepAliveTimeoutMs: undefined, headersTimeoutMs: undefined, requestTimeoutMs: undefined };
const settings = (change: object) => ({ ...NONE, backlog: undefined, reusePort: false, ...change });

test('timeouts that the app has left as Node has them are set; its own stay, and so do those of nobody', (t) => {
  const server = http.createServer();
  server.headersTimeout = 1_234;
  applyTimeouts(server, settings({ keepAliveTimeoutMs: 70_000, headersTimeoutMs: 71_000 }));
  t.like(server, { keepAliveTimeout: 70_000, headersTimeout: 1_234, requestTimeout: 300_000 });
  const off = http.createServer();
  applyTimeouts(off, settings({ requestTimeoutMs: 0 }));
  t.is(off.requestTimeout, 0);
  const plain = net.createServer();
  applyTimeouts(plain, settings({ keepAliveTimeoutMs: 1 }));
  t.false('keepAliveTimeout' in plain);
});

const callback = () => undefined;
const plain = net.createServer();
for (const [what, change, args, expected] of [
  ['nothing asked for leaves the arguments', {}, [8080, callback], [8080, callback]],
  ['a backlog is added', { backlog: 9 }, [8080, callback], [{ port: 8080, backlog: 9 }, callback]],
  [
    'that of the app stands above it',
    { backlog: 9 },
    [8080, '0.0.0.0', 7],
    [{ port: 8080, host: '0.0.0.0', backlog: 7 }],
  ],
  ['also behind a port alone', { backlog: 9 }, [8080, 7], [{ port: 8080, backlog: 7 }]],
  ['also in options', { backlog: 9 }, [{ port: 1, backlog: 7 }], [{ port: 1, backlog: 7 }]],
  ['a unix socket has one too', { backlog: 9 }, ['/s', callback], [{ path: '/s', backlog: 9 }, callback]],
  ['a port of its own', { reusePort: true }, [8080], [{ port: 8080, reusePort: true }]],
  ['a port as text', { reusePort: true }, ['8080'], [{ port: '8080', reusePort: true }]],
  ['any free port is shared: each worker would get another', { reusePort: true }, [0, callback], [0, callback]],
  ['and so has a function alone', { backlog: 9 }, [callback], [{ port: 0, backlog: 9 }, callback]],
  ['no port at all is any free one', { reusePort: true }, [callback], [callback]],
  ['a unix socket has no port', { reusePort: true }, ['/s'], ['/s']],
] as const) {
  test(`the arguments of listen: ${what}`, (t) => {
    const [given, ...rest] = listenArguments([...args], { backlog: undefined, reusePort: false, ...change }, plain);
    const [wanted, ...others] = expected as readonly unknown[];
    if (typeof wanted === 'object') t.like(given, wanted as object);
    else t.is(given, wanted);
    t.deepEqual(rest, others);
  });
}

for (const [what, args] of [
  ['none', []],
  ['a callback', [callback]],
  ['undefined', [undefined]],
  ['null', [null]],
  ['port 0', [0]],
  ['options', [{ port: 0 }]],
] as const) {
  for (const change of [{ backlog: 9 }, { reusePort: true }]) {
    test(`a server listens by these arguments, ${what}, with ${JSON.stringify(change)}`, async (t) => {
      const server = net.createServer();
      t.teardown(() => server.close());
      Reflect.apply(
        server.listen,
        server,
        listenArguments([...args], { backlog: undefined, reusePort: false, ...change }, plain),
      );
      await once(server, 'listening');
      t.true((server.address() as net.AddressInfo).port > 0);
    });
  }
}

test('requests are counted, who waits for one hears of it once, and who waits for the next one of that alone', (t) => {
  const counter = new RequestCounter();
  const heard: string[] = [];
  counter.at(3, () => heard.push('third'));
  counter.atNext(() => {
    heard.push('next');
    counter.atNext(() => heard.push('and the next'));
  });
  for (let i = 0; i < 5; i++) counter.count();
  t.deepEqual(heard, ['next', 'and the next', 'third']);
  t.is(counter.total, 5);
});

test('a number of requests that has passed already is never reached, nor is none', (t) => {
  const counter = new RequestCounter();
  counter.count();
  for (const number of [0, 1]) counter.at(number, () => t.fail(`${number}`));
  counter.count();
  t.is(counter.total, 2);
});

test('a server of HTTP that asks for its port alone shares it; any port, a path, a plain server and its own reusePort stay as they are', (t) => {
  const http1 = http.createServer(callback);
  const none = { backlog: undefined, reusePort: false };
  const alone = { port: 8080, exclusive: true };
  t.like(listenArguments([alone], none, http1)[0], { port: 8080, exclusive: false });
  t.like(listenArguments([alone, callback], { ...none, backlog: 9 }, http1)[0], { exclusive: false, backlog: 9 });
  t.is(listenArguments([alone], none, plain)[0], alone);
  for (const kept of [
    { port: 0, exclusive: true },
    { path: '/s', exclusive: true },
    { ...alone, reusePort: true },
  ]) {
    t.is(listenArguments([kept], none, http1)[0], kept);
  }
});
