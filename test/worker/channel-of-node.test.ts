import cluster from 'node:cluster';
import { EventEmitter } from 'node:events';
import test from 'ava';
import { unwrap, wrap } from '../../src/contract/messages.js';
import { letEndNaturally, openChannel } from '../../src/worker/boot/channel.js';
import { loadWorkerHooks } from '../../src/worker/boot/load-worker-hooks.js';
import { outputWritten } from '../../src/worker/exit/output-written.js';
import { patchEmitters } from '../../src/worker/node-internals/emitters.js';
import { createStats } from '../../src/worker/worker-stats.js';
import { workerBoot } from './worker-boot.js';

// The end of Node's channel that a worker has. One after the other: it is the process's.

patchEmitters();

/** What this process has sent, and how its channel is counted. */
interface Noted {
  readonly sent: unknown[];
  readonly acknowledge: (() => void)[];
  refs(): number;
}

/** Runs `act` on a channel that only notes; at once, for the runner of the tests speaks over the real one. */
function onNoted<T>(act: (noted: Noted) => T): Noted & { readonly result: T } {
  const { send, connected } = process;
  const before = Object.getOwnPropertyDescriptor(process, 'channel') ?? {};
  const sent: unknown[] = [];
  const acknowledge: (() => void)[] = [];
  let refs = 0;
  const channel = { ref: () => void refs++, unref: () => void refs-- };
  const noted = { sent, acknowledge, refs: () => refs };
  Object.assign(process, {
    connected: true,
    send: (message: unknown, handle: unknown, _options: unknown, done: () => void) => {
      sent.push(handle === undefined ? message : [message, handle]);
      acknowledge.push(done);
    },
  });
  Object.defineProperty(process, 'channel', { value: channel, configurable: true });
  try {
    return { ...noted, result: act(noted) };
  } finally {
    Object.assign(process, { send, connected });
    Object.defineProperty(process, 'channel', before);
  }
}

test.serial('messages go in our envelope, and `sent` settles when the last one has left', async (t) => {
  const { sent, acknowledge, result } = onNoted(() => {
    const channel = openChannel();
    channel.send({ type: 'ready', how: 'listening' });
    channel.send({ type: 'holds-server' });
    return channel;
  });
  t.deepEqual(sent.map(unwrap), [{ type: 'ready', how: 'listening' }, { type: 'holds-server' }]);
  let left = false;
  void result.sent().then(() => {
    left = true;
  });
  acknowledge[0]?.();
  await new Promise(setImmediate);
  t.false(left);
  acknowledge[1]?.();
  await result.sent();
  t.true(left);
});

test.serial('an app that replaces process.send replaces nothing of ours, and an orphan sends to nobody', (t) => {
  const { sent } = onNoted(() => {
    const channel = openChannel();
    Object.assign(process, { send: () => t.fail() });
    channel.send({ type: 'holds-server' });
    Object.assign(process, { connected: false });
    channel.send({ type: 'holds-server' });
    channel.sendHandle?.({ type: 'holds-server' }, {} as never, () => undefined);
  });
  t.is(sent.length, 1);
});

test.serial('a descriptor goes with its message', (t) => {
  const handle = { fd: 7 };
  const message = { type: 'move', move: 1, connection: { place: 'p', requests: 0 } } as const;
  const { sent } = onNoted(() => openChannel().sendHandle?.(message, handle as never, () => undefined));
  t.deepEqual(sent, [[wrap(message), handle]]);
});

test.serial('what the primary says is heard with its descriptor, and of others nothing is taken', (t) => {
  const heard: unknown[] = [];
  onNoted(() => {
    openChannel().onMessage((message, handle) => heard.push([message, handle]));
    const emit = (message: unknown, handle?: unknown) =>
      Reflect.apply(process.emit, process, ['internalMessage', message, handle]);
    emit(wrap({ type: 'ask-room' }), 'handle');
    emit({ cmd: 'NODE_OTHER' });
    emit('text');
  });
  t.deepEqual(heard, [[{ type: 'ask-room' }, 'handle']]);
});

test.serial('a lost channel is heard once, and node:cluster leaves the process alive', (t) => {
  const { worker } = cluster;
  t.teardown(() => Object.assign(cluster, { worker }));
  Object.assign(cluster, { worker: undefined });
  t.notThrows(() => openChannel().onLost(() => t.fail()), 'in a process of pm2 there may be none');
  const own = Object.assign(new EventEmitter(), { exitedAfterDisconnect: undefined });
  Object.assign(cluster, { worker: own });
  const seen: unknown[] = [];
  openChannel().onLost(() => seen.push(own.exitedAfterDisconnect));
  own.emit('disconnect');
  own.emit('disconnect');
  t.deepEqual(seen, [true]);
});

test.serial('the channel keeps the process alive only while a server waits for its handle', (t) => {
  const { _getServer } = cluster;
  t.teardown(() => Object.assign(cluster, { _getServer }));
  const asked: ((...handle: unknown[]) => void)[] = [];
  Object.assign(cluster, {
    _getServer: (_socket: unknown, _options: unknown, callback: (...handle: unknown[]) => void) => asked.push(callback),
  });
  const counts: number[] = [];
  const got: unknown[] = [];
  onNoted(({ refs }) => {
    const ask = () => {
      Reflect.apply(cluster._getServer, cluster, [{}, {}, (...handle: unknown[]) => got.push(handle)]);
      counts.push(refs());
    };
    letEndNaturally();
    counts.push(refs());
    ask();
    ask();
    for (const [at, callback] of asked.entries()) {
      callback(0, at);
      counts.push(refs());
    }
  });
  t.deepEqual(counts, [-1, 0, 1, 1, 0], 'at the first of two one still waits');
  t.deepEqual(got, [
    [0, 0],
    [0, 1],
  ]);
});

test.serial(
  'an exit waits for what a slow reader has not taken, and not for a stream with nothing in it',
  async (t) => {
    const before = Object.getOwnPropertyDescriptor(process, 'stdout') ?? {};
    let done: () => void = () => undefined;
    const stream = {
      writableLength: 100,
      write: (_text: string, callback: () => void) => {
        done = callback;
      },
    };
    Object.defineProperty(process, 'stdout', { value: stream, configurable: true });
    t.teardown(() => Object.defineProperty(process, 'stdout', before));
    let written = false;
    const waiting = outputWritten().then(() => {
      written = true;
    });
    await new Promise(setImmediate);
    t.false(written);
    done();
    await waiting;
    stream.writableLength = 0;
    stream.write = () => t.fail();
    await outputWritten();
  },
);

test.serial('figures of a worker are put together when they are asked for, with what the hooks report', (t) => {
  const servers = { requests: () => 5, open: () => ({ connections: 3, inFlight: 2 }), onNextRequest: () => undefined };
  const report = { account: () => undefined, instrumentations: () => [] };
  const stats = createStats(servers as never, report);
  const first = stats();
  t.like(first, { requests: 5, connections: 3, inFlight: 2, loopDelayP99: 0 });
  t.false('spans' in first || 'instrumentations' in first, 'what nobody reports is not made up');
  t.true(first.cpu > 0 && first.cpu <= 8);
  let used = process.cpuUsage().user;
  for (const until = used + 5_000; used < until; ) used = process.cpuUsage().user;
  t.true(stats().cpuSeconds > first.cpuSeconds);
  const account = { ended: 1 };
  const full = createStats(servers as never, {
    account: () => account as never,
    instrumentations: () => ['http'] as never,
  });
  t.like(full(), { spans: account, instrumentations: ['http'] });
});

test('the built-in telemetry is the first of the hooks, so that its flush is the last', async (t) => {
  const hooks = await loadWorkerHooks(workerBoot({ telemetry: true, hookFiles: [] }));
  t.is(hooks.length, 1);
  t.is(typeof hooks[0]?.hooks.preShutdown, 'function');
  t.deepEqual(await loadWorkerHooks(workerBoot({ telemetry: false })), []);
});
