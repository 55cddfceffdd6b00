import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { BUILD } from '../../src/contract/build-id.js';
import { privateDir } from '../helpers/cluster.js';
import { freeExit, heldExit, noteHost } from './hosted-worker.js';
import { workerBoot } from './worker-boot.js';

// Boots and ends of workers over hosts that only note. One after the other: what they patch is the process's.

heldExit();
const { beginBoot } = await import('../../src/worker/boot/begin.js');
const { bootWorker, warmUp } = await import('../../src/worker/boot/boot-worker.js');
const { whenPrimaryIsGone } = await import('../../src/worker/boot/lost-channel.js');
const { refuseOtherBuild } = await import('../../src/worker/boot/other-build.js');
const { hidePreload } = await import('../../src/worker/boot/preload-flag.js');

/** The exit by force keeps this process for so long behind an exit that is held. */
const BRIEF = { drainTimeoutMs: 100, flushTimeoutMs: 100 };

test.after.always(freeExit);

const turn = () => new Promise(setImmediate);

/** No timer of a worker keeps its process from its end. */
function stayAwake(t: ExecutionContext): void {
  const awake = setInterval(() => undefined, 60_000);
  t.teardown(() => clearInterval(awake));
}

/** What is written to stderr, and the code of the exit, while a boot fails. */
async function failing(t: ExecutionContext, hooks: string) {
  const file = join(privateDir(t), 'hooks.mjs');
  writeFileSync(file, hooks);
  const { write } = process.stderr;
  const texts: string[] = [];
  const code = heldExit();
  process.stderr.write = (chunk: string | Uint8Array, ...rest: unknown[]) => {
    texts.push(String(chunk));
    for (const one of rest) if (typeof one === 'function') one();
    return true;
  };
  const primary = noteHost();
  let isIn = false;
  void bootWorker(workerBoot({ hookFiles: [file], evenly: false }), primary.host).then(() => {
    isIn = true;
  });
  const ended = await code;
  process.stderr.write = write;
  await turn();
  return { ended, text: texts.join(''), isIn, order: primary.order };
}

for (const [what, hooks, error, why] of [
  ['throws', "export function postFork() { throw new Error('no database'); }", 'HOOK_FAILED', 'no database'],
  ['rejects', "export async function postFork() { throw new Error('no secret'); }", 'HOOK_FAILED', 'no secret'],
  ['is no hook', 'export const postFrok = () => undefined;', 'HOOKS_INVALID', 'postFrok'],
  ['does not load', "throw new Error('at load');", 'HOOKS_', 'at load'],
] as const) {
  test.serial(`a hook file that ${what} ends the boot with its own error, and the app is not let in`, async (t) => {
    const { ended, text, isIn, order } = await failing(t, hooks);
    t.is(ended, 1);
    t.true(text.includes(error), text);
    t.true(text.includes(why), text);
    t.deepEqual([isIn, order.includes('let go')], [false, false]);
  });
}

test.serial(
  'an app that counts as ready when it is started is so behind its main module, and not before',
  async (t) => {
    const primary = noteHost();
    const { letAppIn } = beginBoot(workerBoot({ ...BRIEF, ready: 'started', evenly: false }), primary.host);
    await turn();
    t.is(primary.last('ready'), undefined, 'the app is still to come');
    letAppIn();
    t.is(primary.last('ready'), undefined, 'its main module is still to come');
    await primary.until('ready');
    t.like(primary.last('ready'), { how: 'started' });
  },
);

test.serial('a limit that is reached is said when the worker is ready, with which', async (t) => {
  stayAwake(t);
  const primary = noteHost();
  const limits = { requests: undefined, lifetimeMs: 1, memory: undefined };
  const { letAppIn } = beginBoot(workerBoot({ ready: 'started', evenly: false, limits }), primary.host);
  letAppIn();
  await primary.until('recycle-me');
  t.like(primary.last('recycle-me'), { cause: 'max-lifetime' });
});

test.serial(
  'a primary that is gone is a stop of its own, and is noted first; a second loss changes nothing',
  async (t) => {
    const code = heldExit();
    const primary = noteHost();
    const { letAppIn } = beginBoot(workerBoot({ ...BRIEF, ready: 'started', evenly: false }), primary.host);
    letAppIn();
    await primary.until('ready');
    primary.lose();
    await primary.until('flushed');
    t.like(primary.last('stopping'), { reason: 'primary-gone' });
    t.true(primary.order.indexOf('orphaned') < primary.order.indexOf('stopping'));
    primary.lose();
    t.is(primary.sent.filter(({ type }) => type === 'stopping').length, 1);
    void code;
  },
);

test.serial('a signal to the worker itself is a stop with the times of its configuration', async (t) => {
  const primary = noteHost();
  const { letAppIn, context } = beginBoot(workerBoot({ ...BRIEF, ready: 'started', evenly: false }), primary.host);
  letAppIn();
  await primary.until('ready');
  primary.signal();
  await primary.until('flushed');
  t.like(primary.last('stopping'), { reason: 'signal' });
  t.is(context.worker.reason, 'signal');
});

test.serial('the file of an access log that cannot be opened ends the boot', async (t) => {
  const { write } = process.stderr;
  const texts: string[] = [];
  const code = heldExit();
  process.stderr.write = (chunk: string | Uint8Array, ...rest: unknown[]) => {
    texts.push(String(chunk));
    for (const one of rest) if (typeof one === 'function') one();
    return true;
  };
  void bootWorker(workerBoot({ accessLog: '/none/access.log', evenly: false }), noteHost().host);
  t.is(await code, 1);
  process.stderr.write = write;
  t.true(texts.join('').includes('LOG_FILE'));
});

test.serial('what a boot needs is loaded ahead of its turn, and nothing of it runs', async (t) => {
  await warmUp(workerBoot({ telemetry: false }));
  const before = process.listenerCount('SIGTERM');
  await warmUp(workerBoot({ telemetry: true }));
  t.is(process.listenerCount('SIGTERM'), before);
});

/** Node's own property is not written over, only replaced. */
function setParent(pid: number): void {
  Reflect.deleteProperty(process, 'ppid');
  Object.defineProperty(process, 'ppid', { value: pid, configurable: true });
}

test.serial('a primary is gone when this process has another parent, and only then', async (t) => {
  const { ppid } = process;
  t.teardown(() => setParent(ppid));
  stayAwake(t);
  let gone = 0;
  whenPrimaryIsGone(ppid + 1, () => gone++);
  t.is(gone, 1, 'it is seen at once');
  const later = new Promise<void>((resolve) =>
    whenPrimaryIsGone(ppid, () => {
      gone += 1;
      resolve();
    }),
  );
  t.is(gone, 1);
  setParent(1);
  await later;
  t.is(gone, 2);
});

test.serial('a worker of the build of its primary goes on', (t) => {
  t.notThrows(() => refuseOtherBuild(BUILD));
});

for (const [what, given, left] of [
  ['the last of several', ['--import', 'app.mjs', '--import', 'ours'], ['--import', 'app.mjs']],
  ['behind the other form', ['--import', 'a', '--require', 'ours'], ['--import', 'a']],
  ['with a flag behind it', ['--require', 'ours', '--inspect'], ['--inspect']],
  ['none', ['--inspect'], ['--inspect']],
] as const) {
  test.serial(`what the app starts does not inherit our preload: ${what}`, (t) => {
    const { execArgv } = process;
    t.teardown(() => {
      process.execArgv = execArgv;
    });
    process.execArgv = [...given];
    hidePreload();
    t.deepEqual(process.execArgv, [...left]);
  });
}
