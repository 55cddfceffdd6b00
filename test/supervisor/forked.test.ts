import cluster from 'node:cluster';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import type { KfError } from '../../src/contract/errors.js';
import type { PrimaryMessage, WorkerMessage } from '../../src/contract/messages.js';
import { forkSpec } from '../../src/supervisor/fork-spec.js';
import { nodePorts } from '../../src/supervisor/node-ports.js';
import type { ForkSpec } from '../../src/supervisor/ports.js';
import { privateDir } from '../helpers/cluster.js';
import { onLinux } from '../helpers/linux.js';
import { keptLog } from './kept-log.js';
import { CONFIG } from './scripted-ports.js';

const { log } = keptLog();
const ports = nodePorts(CONFIG, true, log);
const WAITS = 'setInterval(() => undefined, 1_000);';

/** What a worker of this script is started with. */
function specOf(t: ExecutionContext, code: string, change: Partial<ForkSpec> = {}): ForkSpec {
  const script = join(privateDir(t), 'app.cjs');
  writeFileSync(script, code);
  const facts = { roll: () => 0, heap: () => CONFIG.heap };
  return { ...forkSpec({ ...CONFIG, script }, { slot: 0, generation: 1 }, {}, facts), ...change };
}

/** A process of this script, and what its listener heard, in its order. */
function forked(t: ExecutionContext, spec: ForkSpec) {
  const heard: string[] = [];
  const texts = { out: '', err: '' };
  const messages: WorkerMessage[] = [];
  const exits: [code: number | null, signal: string | null][] = [];
  const waiting = new Set<() => void>();
  const note = (what: string) => {
    heard.push(what);
    for (const look of waiting) look();
  };
  const handle = ports.fork(spec, {
    onMessage: (message) => {
      messages.push(message);
      note(message.type);
    },
    onBadMessage: () => note('bad message'),
    onForkFailed: ({ code }) => note(code),
    onExit: (code, signal) => {
      exits.push([code, signal]);
      note('exit');
    },
    onPipeLost: (pipe) => note(`lost ${pipe}`),
    onStderr: (chunk) => {
      texts.err += chunk;
      note('stderr');
    },
    onStdout: (chunk) => {
      texts.out += chunk;
      note('stdout');
    },
  });
  const hears = (what: string) =>
    new Promise<void>((resolve) => {
      const look = () => {
        if (!heard.includes(what)) return;
        waiting.delete(look);
        resolve();
      };
      waiting.add(look);
      look();
    });
  t.teardown(async () => {
    if (handle.pid === 0 || exits.length > 0) return;
    handle.kill('SIGKILL');
    await hears('exit');
  });
  return { handle, heard, texts, messages, exits, hears };
}

test.serial(
  'a process has its script, arguments and environment, says that it boots, and its exit comes once, behind its output',
  async (t) => {
    const code = `
    console.log(JSON.stringify([process.argv.slice(2), process.env.GREETING, process.env.KF_WORKER_SLOT]));
    console.error('to stderr');
    process.exit(3);`;
    const worker = forked(
      t,
      specOf(t, code, { args: ['--x', 'a b'], env: { GREETING: 'grüße', KF_WORKER_SLOT: '0' } }),
    );
    t.true(worker.handle.pid > 0);
    await worker.hears('exit');
    t.deepEqual(worker.exits, [[3, null]]);
    t.deepEqual(JSON.parse(worker.texts.out), [['--x', 'a b'], 'grüße', '0']);
    t.true(worker.texts.err.endsWith('to stderr\n'));
    t.is(worker.messages[0]?.type, 'booting');
    t.deepEqual(
      worker.heard.filter((what) => what === 'exit' || what === 'bad message'),
      ['exit'],
    );
    t.is(worker.heard.at(-1), 'exit');
  },
);

test.serial(
  'what is sent before a process listens arrives; what is sent to one that has ended is nobody’s, and no error',
  async (t) => {
    const worker = forked(t, specOf(t, WAITS));
    const ask: PrimaryMessage = { type: 'ask-alive' };
    t.true(worker.handle.reachable());
    t.true(await new Promise((resolve) => worker.handle.send(ask, resolve)));
    await worker.hears('alive');
    t.true(worker.heard.indexOf('booting') < worker.heard.indexOf('alive'));
    worker.handle.kill('SIGKILL');
    await worker.hears('exit');
    t.deepEqual(worker.exits, [[null, 'SIGKILL']]);
    t.true(worker.heard.includes('lost channel'));
    t.false(worker.handle.reachable());
    t.false(await new Promise((resolve) => worker.handle.send(ask, resolve)));
    const handle = { close: () => t.fail('it stays the caller’s') };
    t.false(worker.handle.sendHandle(ask, handle, () => t.fail('it was not sent')));
    worker.handle.letGo();
    worker.handle.kill('SIGTERM');
    await new Promise((resolve) => setImmediate(resolve));
    t.is(worker.exits.length, 1);
  },
);

test.serial(
  'a message in our envelope that is none of ours is told as such, and one of the app is not looked at',
  async (t) => {
    const code = `
    process.send({ 'kf-cluster': { type: 'booting' } });
    process.send({ type: 'ready' });
    process.send({ cmd: 'NODE_KF_CLUSTER', 'kf-cluster': { type: 'of another build' } }, () => process.exit(0));`;
    const worker = forked(t, specOf(t, code));
    await worker.hears('exit');
    t.deepEqual(
      worker.heard.filter((what) => ['bad message', 'booting', 'ready'].includes(what)),
      ['booting', 'bad message'],
    );
  },
);

test.serial('a process that is held waits in front of the app until it is let go', async (t) => {
  const worker = forked(t, specOf(t, "console.log('the app runs'); process.exit(0);", { held: true }));
  worker.handle.letGo();
  await worker.hears('exit');
  t.true(worker.texts.out.includes('the app runs'));
  const waits = forked(t, specOf(t, "console.log('the app runs');", { held: true }));
  const other = forked(t, specOf(t, 'process.exit(0);'));
  await other.hears('exit');
  t.is(waits.texts.out, '');
  t.deepEqual(waits.exits, []);
});

test.serial(
  'the stack of a process that spins is read without a word on its stderr; what it says itself stays',
  async (t) => {
    if (!onLinux(t, '/proc/PID/net')) return;
    const code = "console.error('spins'); (function spinning() { for (;;); })();";
    const worker = forked(t, specOf(t, code));
    await worker.hears('stderr');
    const { pid } = worker.handle;
    t.false(ports.isStopped(pid));
    const stack = await ports.readStack(pid, 30_000);
    t.true(stack.kind === 'frames' && stack.frames.some((frame) => frame.startsWith('spinning (')));
    worker.handle.kill('SIGKILL');
    await worker.hears('exit');
    t.is(worker.texts.err, 'spins\n');
  },
);

test.serial(
  'a process that the system refuses is an error that says what to do, and the next one starts',
  async (t) => {
    const spec = specOf(t, 'process.exit(0);');
    const { execPath } = process;
    const error = t.throws<KfError>(() => forked(t, { ...spec, env: { HUGE: 'x'.repeat(1 << 20) } }));
    t.is(error?.code, 'FORK_FAILED');
    t.true(error?.why.includes('E2BIG') && error.fix.length > 20);
    t.is(process.execPath, execPath);
    t.deepEqual(Object.keys(cluster.workers ?? {}), [], 'none is waited for');
    const worker = forked(t, spec);
    await worker.hears('exit');
    t.deepEqual(worker.exits, [[0, null]]);
  },
);

test.serial(
  'a script that is gone is refused in front of the fork; a directory that is gone is replaced',
  async (t) => {
    const spec = specOf(t, 'console.log(process.cwd()); process.exit(0);');
    const error = t.throws<KfError>(() => forked(t, { ...spec, script: `${spec.script}.gone` }));
    t.is(error?.code, 'FORK_FAILED');
    const worker = forked(t, { ...spec, cwd: join(spec.cwd, 'none', 'at all') });
    await worker.hears('exit');
    t.is(worker.texts.out.trim(), join(spec.script, '..'));
  },
);
