import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import test, { type ExecutionContext } from 'ava';
import { readBlockedStack } from '../../src/supervisor/hang/blocked-stack.js';
import { fixture } from '../helpers/cluster.js';

const NODE = process.env.KF_TEST_NODE ?? process.execPath;
/** In milliseconds: far more than a busy machine needs. */
const PATIENCE = 60_000;

/** A process that blocks in that way from now on. */
async function blocked(t: ExecutionContext, how: object): Promise<ChildProcess> {
  const app = spawn(NODE, [fixture('blocked/app.mjs')], { stdio: ['pipe', 'ignore', 'ignore', 'ipc'] });
  t.teardown(() => void app.kill('SIGKILL'));
  await said(app);
  const begun = said(app);
  app.send(how);
  await begun;
  return app;
}

/** Its next message. Throws when it ends instead, with its code and signal: the wait would only be said to have no end. */
async function said(app: ChildProcess): Promise<unknown> {
  const gone = once(app, 'exit').then(([code, signal]) => {
    throw new Error(`it ended, code ${code}, signal ${signal}`);
  });
  const [what] = await Promise.race([once(app, 'message'), gone]);
  return what;
}

test('the stack of a process that spins names the function, its file and line', async (t) => {
  const app = await blocked(t, { block: 1e9 });
  const stack = await readBlockedStack(app.pid ?? 0, PATIENCE);
  t.is(stack.kind, 'frames');
  const spin = stack.kind === 'frames' ? stack.frames.find((frame) => frame.startsWith('spin ')) : '';
  t.regex(spin ?? '', /^spin \(\/.*blocked\/app\.mjs:7:\d+\)$/);
});

test('a process that runs on has closed its inspector', async (t) => {
  const app = await blocked(t, { block: 10_000 });
  const ended = said(app);
  t.is((await readBlockedStack(app.pid ?? 0, PATIENCE)).kind, 'frames');
  t.is(await ended, 'closed');
});

test('a native call has no stack, and the reason says so', async (t) => {
  const app = await blocked(t, { native: true });
  const stack = await readBlockedStack(app.pid ?? 0, 1_500);
  t.regex(stack.kind === 'none' ? stack.why : stack.kind, /native call/);
  const ended = said(app);
  app.stdin?.end();
  await ended;
});

test('a process whose inspector is open already is left to whoever opened it', async (t) => {
  const app = await blocked(t, { open: true, block: 1e9 });
  // All of it is waited for: enough for a process that gets little of a busy machine.
  t.deepEqual(await readBlockedStack(app.pid ?? 0, 6_000), { kind: 'debugged' });
});

test('a process that has given SIGUSR1 no meaning is not sent it', async (t) => {
  const app = spawn('sleep', ['60']);
  t.teardown(() => void app.kill('SIGKILL'));
  await once(app, 'spawn');
  const stack = await readBlockedStack(app.pid ?? 0, PATIENCE);
  t.is(stack.kind, 'none');
  t.is(app.exitCode ?? app.signalCode, null);
});
