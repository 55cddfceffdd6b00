import { execFile, fork } from 'node:child_process';
import cluster from 'node:cluster';
import { once } from 'node:events';
import http from 'node:http';
import net from 'node:net';
import { promisify } from 'node:util';
import test from 'ava';
import { pipelineHandles } from '../../src/worker/node-internals/handle-queue.js';
import { bytesWaiting } from '../../src/worker/node-internals/write-queue.js';
import { fixture } from '../helpers/cluster.js';

// What we use of the inside of Node, on the Node that runs this file: npm test runs it on 20, 22, 24 and 26.

test('several descriptors are on their way over one channel, where Node alone sends one after the other', async (t) => {
  const child: ReturnType<typeof fork> & { _handleQueue?: unknown[] | null } = fork(fixture('takes-handles.cjs'));
  t.teardown(() => child.kill());
  const servers = await Promise.all([1, 2, 3].map(() => listening()));
  t.teardown(() => servers.map((server) => server.close()));
  const [first, second, third] = servers;
  const [two, four] = [taken(child, 2), taken(child, 4)];
  child.send('one', first);
  child.send('two', second);
  t.is(child._handleQueue?.length, 1, 'the second waits for the acknowledgement of the first');
  await two;
  const sent = pipelineHandles(child, (listener) => child.prependListener('internalMessage', listener), t.fail);
  child.send('three', third);
  sent();
  t.is(child._handleQueue, null, 'the next one does not wait');
  child.send('four', first);
  await four;
});

test('a stream says how much of what it was given waits in the kernel and in front of it', async (t) => {
  const server = net.createServer({ pauseOnConnect: true });
  server.listen(0);
  await once(server, 'listening');
  t.teardown(() => server.close());
  const { port } = server.address() as net.AddressInfo;
  const client = net.connect(port);
  const [[peer]] = (await Promise.all([once(server, 'connection'), once(client, 'connect')])) as [
    [net.Socket],
    unknown,
  ];
  const length = 32 * 1024 * 1024;
  const written = new Promise((resolve) => client.write(Buffer.alloc(length), resolve));
  const waiting = bytesWaiting(client);
  t.true(waiting > 0 && waiting < 2 * length, String(waiting));
  peer.resume();
  await written;
  t.is(bytesWaiting(client), 0);
  client.destroy();
});

test('a main module that a preload holds back runs once the boot is over, as main module', async (t) => {
  const args = ['--require', fixture('held-main.cjs'), '--no-warnings', fixture('says-main.cjs')];
  const { stdout } = await promisify(execFile)(process.execPath, args);
  t.is(stdout, 'booted\nmain true\n');
});

test('what is called of net and cluster is there, and reads arguments as it did', (t) => {
  const listener = () => undefined;
  const [options, callback] = net._normalizeArgs([8080, '127.0.0.1', listener]);
  t.like(options, { port: 8080, host: '127.0.0.1' });
  t.is(callback, listener);
  t.is(typeof net._createServerHandle, 'function');
  t.true(cluster.isPrimary);
  t.is(typeof process.getBuiltinModule('node:module')._load, 'function');
});

async function listening(): Promise<net.Server> {
  const server = net.createServer().listen(0);
  await once(server, 'listening');
  return server;
}

/** Settles when the child says that it has taken that many. */
function taken(child: ReturnType<typeof fork>, count: number): Promise<void> {
  return new Promise((resolve) => {
    child.on('message', (message) => message === count && resolve());
  });
}

test('node:http adds to a request that nobody reads one listener of end, by whose name it is known', async (t) => {
  const added: string[] = [];
  const server = http.createServer((request, response) => {
    request.on('newListener', (event, listener) => event === 'end' && added.push(listener.name));
    response.end('x');
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.teardown(() => server.close());
  const { port } = server.address() as net.AddressInfo;
  const [answer] = (await once(http.get({ port, host: '127.0.0.1', agent: false }), 'response')) as [
    http.IncomingMessage,
  ];
  await once(answer.resume(), 'end');
  t.deepEqual(added, ['clearIncoming']); // src/telemetry/http/event-context.ts leaves it as it is
});

test('the debug port is that of the inspector as soon as one listens, whoever opened it, and 0 before', async (t) => {
  const code = (open: string) => `
    process.debugPort = 0;
    const before = process.debugPort;
    ${open};
    const timer = setInterval(() => {
      if (process.debugPort === 0) return;
      clearInterval(timer);
      console.log(before, require('node:inspector').url().split(/[:/]/)[4] === String(process.debugPort));
      process.exit();
    }, 5);`;
  for (const open of [`process.kill(process.pid, 'SIGUSR1')`, `require('node:inspector').open(0)`]) {
    const { stdout } = await promisify(execFile)(process.execPath, ['-e', code(open)]);
    t.is(stdout, '0 true\n', open);
  }
});

for (const [way, ask] of [
  ['require', `const { get } = require('node:https')`],
  ['require without a prefix', `const { get } = require('https')`],
  [
    'an import of an ES module',
    `const { get } = await import('data:text/javascript,export { get } from "node:https"')`,
  ],
  ['import()', `const { get } = await import('https')`],
  ['process.getBuiltinModule', `const { get } = process.getBuiltinModule('https')`],
  ['a module of its own', `process.getBuiltinModule('node:module')._load('https'); const { get } = require('https')`],
] as const) {
  test(`who asks for a module of Node by ${way} gets what was patched when it was loaded`, async (t) => {
    const code = `
      import { createRequire, syncBuiltinESMExports } from 'node:module';
      import { whenLoaded } from ${JSON.stringify(new URL('../../src/telemetry/when-loaded.js', import.meta.url))};
      const require = createRequire('file:///app/app.js');
      const before = process.moduleLoadList.includes('NativeModule https');
      whenLoaded('https', () => {
        process.getBuiltinModule('https').get = () => 'patched';
        syncBuiltinESMExports();
      });
      const waits = !process.moduleLoadList.includes('NativeModule https');
      ${ask};
      console.log(before, waits, get());`;
    const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '-e', code]);
    t.is(stdout, 'false true patched\n');
  });
}
