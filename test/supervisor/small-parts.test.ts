import { type ChildProcess, spawn } from 'node:child_process';
import { EventEmitter, once } from 'node:events';
import { readdirSync, rmSync, writeFileSync } from 'node:fs';
import net from 'node:net';
import { join, resolve } from 'node:path';
import test from 'ava';
import { KfError } from '../../src/contract/errors.js';
import { initialState } from '../../src/core/decide.js';
import type { Event } from '../../src/core/types.js';
import { CoreLoop } from '../../src/supervisor/core-loop.js';
import { keepReserve } from '../../src/supervisor/descriptor-reserve.js';
import { holdEarlySends } from '../../src/supervisor/early-sends.js';
import { cwdOf, forkFailed, missingFor } from '../../src/supervisor/fork-error.js';
import { loopbackPorts, socketsOf } from '../../src/supervisor/hang/listening-ports.js';
import { withoutNotices } from '../../src/supervisor/hang/notices.js';
import { catchesSigusr1, isStopped } from '../../src/supervisor/hang/process-state.js';
import { keepHandlesUntilExit } from '../../src/supervisor/keep-handles.js';
import { policyOf } from '../../src/supervisor/policy.js';
import { trackSharedHandles } from '../../src/supervisor/shared-handles.js';
import { privateDir } from '../helpers/cluster.js';
import { onLinux } from '../helpers/linux.js';
import { keptLog } from './kept-log.js';
import { CONFIG } from './scripted-ports.js';

test('what is sent before a worker listens waits, and goes in its order; what node:cluster sends itself does not', (t) => {
  const sent: unknown[][] = [];
  const child = { send: (...args: unknown[]) => sent.push(args) > 0 };
  const { send } = child;
  const release = holdEarlySends(child as never);
  child.send('one', 'handle');
  child.send({ cmd: 'NODE_CLUSTER', ack: 1 });
  child.send(null);
  t.deepEqual(sent, [[{ cmd: 'NODE_CLUSTER', ack: 1 }]]);
  release();
  t.deepEqual(sent.slice(1), [['one', 'handle'], [null]]);
  t.is(child.send, send);
  release();
  child.send('two');
  t.is(sent.length, 4);
});

test('a process that did not start has nothing to be sent', (t) => {
  t.notThrows(holdEarlySends({ send: undefined } as never));
});

/** A child as node:cluster leaves it: with one listener of its own. */
function childOfCluster() {
  const state = { exitCode: null as number | null, signalCode: null, connected: true };
  const child = Object.assign(new EventEmitter(), state);
  let forgotten = 0;
  child.once('disconnect', () => forgotten++);
  keepHandlesUntilExit(child as unknown as ChildProcess);
  return { child, forgotten: () => forgotten };
}

test('a worker without a channel keeps what it listens on until its exit', (t) => {
  const { child, forgotten } = childOfCluster();
  child.connected = false;
  child.emit('disconnect');
  t.is(forgotten(), 0);
  child.exitCode = 0;
  child.emit('exit');
  t.is(forgotten(), 1);
});

test('one that exits before its channel is read to the end lets go when it is', (t) => {
  const { child, forgotten } = childOfCluster();
  child.exitCode = 0;
  child.emit('exit');
  t.is(forgotten(), 0);
  child.connected = false;
  child.emit('disconnect');
  t.is(forgotten(), 1);
});

test.serial('the listening sockets that are made for workers are closed together, and once', (t) => {
  const { _createServerHandle: real } = net;
  const made: { closed: number }[] = [];
  net._createServerHandle = (port) => {
    if (port === 'refused') return -13;
    const handle = { closed: 0, close: () => void handle.closed++ };
    made.push(handle);
    return handle;
  };
  const gone: string[] = [];
  const close = trackSharedHandles((path) => gone.push(path));
  t.is(net._createServerHandle('refused'), -13);
  net._createServerHandle(1);
  net._createServerHandle('a.sock', -1, -1);
  close();
  close();
  net._createServerHandle = real;
  t.deepEqual(
    made.map(({ closed }) => closed),
    [1, 1],
  );
  t.deepEqual(gone, [resolve('a.sock')]);
});

test.serial('the reserve is lent for one call, and kept again behind it, also when that throws', async (t) => {
  if (!onLinux(t, '/proc/self/fd')) return;
  const open = () => readdirSync('/proc/self/fd').length;
  const reserve = keepReserve();
  const kept = open();
  const during = reserve.lend(open);
  t.is(kept - during, 12);
  t.is(open(), kept);
  t.throws(
    () =>
      reserve.lend(() => {
        throw new Error('EMFILE');
      }),
    { message: 'EMFILE' },
  );
  t.is(open(), kept);
  reserve.lend(() => undefined);
});

test('a fork that is refused says what to do, by the code of the system', (t) => {
  for (const code of ['EMFILE', 'ENFILE', 'EAGAIN', 'ENOMEM', 'E2BIG', 'EACCES']) {
    const { fix, why, exitCode } = forkFailed(Object.assign(new Error(`spawn ${code}`), { code }));
    t.is(why, `spawn ${code}`);
    t.true(fix.length > 20, code);
    t.true(exitCode > 0);
  }
  const own = new KfError('FORK_FAILED', 'a', 'b');
  t.is(forkFailed(own), own);
  for (const thrown of [undefined, 'text', new Error('odd')]) t.is(forkFailed(thrown).code, 'FORK_FAILED');
});

test('a release that is gone is named before a fork; a directory that is gone is replaced by that of the script', (t) => {
  const dir = privateDir(t);
  const script = join(dir, 'app.js');
  t.regex(missingFor({ script })?.why ?? '', /app\.js is gone/);
  writeFileSync(script, '');
  t.is(missingFor({ script }), undefined);
  t.is(missingFor({ script: `/${'x'.repeat(300)}` }), undefined, 'what cannot be looked at is left to who starts it');
  const { log, lines } = keptLog();
  t.is(cwdOf({ script, cwd: dir }, log), dir);
  t.deepEqual(lines(), []);
  t.is(cwdOf({ script, cwd: join(dir, 'gone') }, log), dir);
  t.is(lines().length, 1);
  rmSync(script);
});

for (const [what, text, rest] of [
  ['all of them', 'Debugger listening on ws://127.0.0.1:1/x\nFor help, see: https://nodejs.org/en/docs\n', ''],
  ['among lines of the app', 'a\nDebugger attached.\nb\n', 'a\nb\n'],
  ['with other line ends', 'Debugger ending on ws://x\r\nb', 'b'],
  ['not where the app says it in a line of its own', 'my Debugger attached.\n', 'my Debugger attached.\n'],
  ['not a half one', 'Debugger attached.', 'Debugger attached.'],
] as const) {
  test(`what Node says of an inspector that we opened is taken out: ${what}`, (t) => {
    t.is(withoutNotices(Buffer.from(text)).toString(), rest);
  });
}

test('bytes of characters that are cut stay as they are', (t) => {
  const cut = Buffer.from('é').subarray(0, 1);
  const chunk = Buffer.concat([Buffer.from('Debugger attached.\n'), cut]);
  t.deepEqual(withoutNotices(chunk), cut);
  const plain = Buffer.from('nothing\n');
  t.is(withoutNotices(plain), plain);
});

test('of a process that has ended nothing is known, and it is taken for neither stopped nor one to be signalled', (t) => {
  for (const pid of [0, -1, 2 ** 30]) {
    t.deepEqual([isStopped(pid), catchesSigusr1(pid), loopbackPorts(pid).size], [false, false, 0], String(pid));
  }
});

test('a process that is stopped is seen as such, and so is who catches SIGUSR1', async (t) => {
  if (!onLinux(t, '/proc/PID/status')) return;
  const child = spawn('sleep', ['60'], { stdio: 'ignore' });
  t.teardown(() => child.kill('SIGKILL'));
  await once(child, 'spawn');
  const pid = child.pid ?? 0;
  t.deepEqual([isStopped(pid), catchesSigusr1(pid)], [false, false]);
  child.kill('SIGSTOP');
  while (!isStopped(pid)) await new Promise((resolve) => setTimeout(resolve, 2));
  t.true(catchesSigusr1(process.pid));
});

test('the ports on 127.0.0.1 that a process listens on are known by their sockets', async (t) => {
  if (!onLinux(t, '/proc/PID/net')) return;
  const [loopback, all] = [net.createServer(), net.createServer()];
  loopback.listen(0, '127.0.0.1');
  all.listen(0, '0.0.0.0');
  await Promise.all([once(loopback, 'listening'), once(all, 'listening')]);
  const { port } = loopback.address() as net.AddressInfo;
  const [found] = [...loopbackPorts(process.pid)].filter(([, one]) => one === port);
  t.truthy(found);
  t.true(socketsOf('self').has(found?.[0] ?? ''));
  t.false([...loopbackPorts(process.pid).values()].includes((all.address() as net.AddressInfo).port));
  loopback.close();
  all.close();
});

test('each event is decided behind the one before, those too that an effect or a listener causes', (t) => {
  const order: string[] = [];
  const failed: string[] = [];
  const loop: CoreLoop = new CoreLoop({
    ports: { now: () => 0, roll: () => 0 },
    initial: initialState(policyOf(CONFIG), 1),
    before: (event: Event) => {
      order.push(`before ${event.type}`);
      if (event.type === 'start') loop.enqueue({ type: 'scale', to: 2, request: 1 });
      if (event.type === 'scale') throw new Error('before');
    },
    perform: (effect) => {
      order.push(effect.type);
      if (effect.type === 'fork') throw new Error('fork');
    },
    after: (event) => order.push(`after ${event.type}`),
    failed: (what, error) => failed.push(`${what}: ${(error as Error).message}`),
  });
  loop.enqueue({ type: 'start' });
  t.deepEqual(
    order.filter((one) => /^(before|after)/.test(one)),
    ['before start', 'after start', 'before scale', 'after scale'],
  );
  t.deepEqual(
    failed,
    ['fork: fork', 'before scale: before', 'fork: fork'],
    'what fails keeps nothing else from being done',
  );
  t.true(order.includes('reply'));
  t.is(loop.state().target, 2);
});
