import test from 'ava';
import { BOOT_ENV } from '../../src/config/boot-messages.js';
import { BUILD } from '../../src/contract/build-id.js';
import { takeBoot } from '../../src/worker/boot/boot-message.js';
import { filesWritten } from '../../src/worker/boot/worker-files.js';
import { holdEarlyMessages } from '../../src/worker/node-internals/early-messages.js';
import { quietly } from '../../src/worker/node-internals/quietly.js';
import { standIn } from '../../src/worker/node-internals/stand-in.js';
import { takeSignal } from '../../src/worker/node-internals/take-signal.js';
import { watchLimits } from '../../src/worker/recycle-limits.js';
import { workerBoot } from './worker-boot.js';

test('the boot message is read once, and nobody whom this process starts gets it', (t) => {
  const env = { [BOOT_ENV]: JSON.stringify(workerBoot({ slot: 4 })), OTHER: '1' };
  t.like(takeBoot(env), { slot: 4, build: BUILD });
  t.deepEqual(env, { OTHER: '1' } as never);
  t.is(takeBoot(env), undefined);
});

test('files are tried until all are written, those that are done no more than it takes', async (t) => {
  const tries = [0, 0];
  await filesWritten([
    { reopen: () => undefined, settle: () => ++tries[0]! < 3 },
    { reopen: () => undefined, settle: () => ++tries[1]! < 1 },
  ]);
  t.is(tries[0], 3);
  await filesWritten([]);
});

test('a file that takes nothing holds up no end', async (t) => {
  await filesWritten([{ reopen: () => undefined, settle: () => true }]);
  t.pass();
});

test.serial(
  'what Node warns of is not said while something runs quietly, and is again behind it, also when that throws',
  (t) => {
    const { emitWarning } = process;
    t.is(
      quietly(() => {
        process.emitWarning('experimental');
        return 7;
      }),
      7,
    );
    t.throws(
      () =>
        quietly(() => {
          throw new Error('boom');
        }),
      { message: 'boom' },
    );
    t.is(process.emitWarning, emitWarning);
  },
);

test('what stands in for a function looks like it, and is called with its own this and arguments', (t) => {
  const original = Object.assign(
    function send(this: unknown, _a: unknown, _b?: unknown) {
      return 'original';
    },
    { own: 1 },
  );
  const calls: unknown[] = [];
  const stand = standIn(original, (self, args) => calls.push([self, args]));
  t.deepEqual([stand.name, stand.length, stand.own], ['send', original.length, 1]);
  const self = {};
  Reflect.apply(stand, self, [1, 2]);
  t.deepEqual(calls, [[self, [1, 2]]]);
});

test.serial('messages that come before the app listens are given to it in their order, and not twice', async (t) => {
  const release = holdEarlyMessages();
  for (let i = 0; i < 150; i++) process.emit('message', i, undefined);
  const heard: unknown[] = [];
  const listener = (message: unknown) => void heard.push(message);
  t.teardown(() => process.off('message', listener));
  process.on('message', listener);
  await new Promise(setImmediate);
  t.is(heard.length, 99, 'of an app that never listens no more are kept');
  t.deepEqual([heard[0], heard.at(-1)], [51, 149]);
  process.emit('message', 'next', undefined);
  t.is(heard.at(-1), 'next');
  release();
  t.is(heard.length, 100);
});

test.serial(
  'a signal that was taken does again what it did when it is let go, and a listener of the app stays',
  (t) => {
    let mine = 0;
    let theirs = 0;
    const listener = () => theirs++;
    const letGo = takeSignal('SIGURG', () => {
      mine += 1;
      return false;
    });
    process.on('SIGURG', listener);
    process.emit('SIGURG');
    process.off('SIGURG', listener);
    process.emit('SIGURG');
    t.deepEqual([mine, theirs], [2, 1]);
    const removed: unknown[] = [];
    const onRemove = (event: unknown) => void removed.push(event);
    process.on('removeListener', onRemove);
    t.teardown(() => process.off('removeListener', onRemove));
    process.on('SIGURG', listener);
    process.off('SIGURG', listener);
    t.deepEqual(removed, ['SIGURG'], 'who watches removals still hears of them');
    letGo();
    process.emit('SIGURG');
    t.is(mine, 2);
  },
);

test('each limit that is reached is asked for once, the first alone', async (t) => {
  const asked: unknown[] = [];
  const atRequest = new Map<number, () => void>();
  const servers = { onRequest: (number: number, callback: () => void) => void atRequest.set(number, callback) };
  const ask = (cause: string, text: string) => void asked.push([cause, text]);
  watchLimits({ requests: 5, lifetimeMs: 5, memory: undefined }, servers, ask);
  t.deepEqual(asked, []);
  atRequest.get(5)?.();
  await new Promise((resolve) => setTimeout(resolve, 20));
  t.deepEqual(asked, [['max-requests', '5 requests']]);
  const second: unknown[] = [];
  watchLimits({ requests: undefined, lifetimeMs: 1, memory: undefined }, servers, (cause) => second.push(cause));
  while (second.length === 0) await new Promise((resolve) => setTimeout(resolve, 2));
  t.deepEqual(second, ['max-lifetime']);
});
