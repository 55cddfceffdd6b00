import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import type { Config } from '../../src/config/types.js';
import { EXIT, KfError } from '../../src/contract/errors.js';
import { PRIMARY_SIGNALS } from '../../src/contract/primary-signals.js';
import { openLogOutput } from '../../src/run/log-output.js';
import { run } from '../../src/run/run.js';
import type { Supervisor } from '../../src/supervisor/supervisor.js';
import { privateDir } from '../helpers/cluster.js';
import { CONFIG, ScriptedPorts, type ScriptedWorker } from '../supervisor/scripted-ports.js';

// `kf-cluster start`, on scripted ports: signals, hooks, files and exit code. One after the other: signals are the process's.

interface Rig {
  readonly ports: ScriptedPorts;
  readonly supervisor: Supervisor;
  readonly ended: Promise<number>;
  readonly dir: string;
  readonly logFile: string;
  log(): string;
  /** What ours has among the listeners of a signal, called as the signal would. */
  signal(name: (typeof PRIMARY_SIGNALS)[number]): void;
}

async function running(t: ExecutionContext, change: Partial<Config> = {}, onFork = ready): Promise<Rig> {
  const dir = privateDir(t);
  const script = join(dir, 'app.js');
  const logFile = join(dir, 'kf.log');
  writeFileSync(script, '');
  const ports = new ScriptedPorts();
  ports.onFork = onFork;
  ports.onLetGo = ready;
  ports.rolls.push(...Array.from({ length: 50 }, () => 0));
  ports.onSend = (worker, message) => {
    if (message.type === 'stop') worker.exit(0);
    if (message.type === 'ask-alive') worker.say({ type: 'alive', debugged: false });
  };
  const config: Config = {
    ...CONFIG,
    script,
    cwd: dir,
    control: false,
    workers: 2,
    logFile,
    logTime: 'never',
    ...change,
  };
  // Each run adds what stays for good, as a process has one: a rejection handler, and the ends of its streams.
  for (const emitter of [process, process.stdout, process.stderr]) emitter.setMaxListeners(50);
  const theirs = new Map(PRIMARY_SIGNALS.map((name) => [name, new Set(process.rawListeners(name))]));
  let found: (supervisor: Supervisor) => void = () => undefined;
  const supervisor = new Promise<Supervisor>((resolve) => {
    found = resolve;
  });
  const ended = run(config, {
    makePorts: () => ports,
    output: openLogOutput(config),
    onSupervisor: found,
  });
  const signal: Rig['signal'] = (name) => {
    const own = process.listeners(name).filter((listener) => !theirs.get(name)?.has(listener));
    t.is(own.length, 1, `${name} is heard`);
    for (const listener of own) Reflect.apply(listener, process, [name, 0]);
  };
  const log = () => readFileSync(logFile, 'utf8');
  return {
    ports,
    supervisor: await Promise.race([supervisor, ended.then(() => supervisor)]),
    ended,
    dir,
    logFile,
    log,
    signal,
  };
}

function ready(worker: ScriptedWorker): void {
  if (!worker.spec.held || worker.letGo > 0) queueMicrotask(() => worker.ready());
}

const turn = () => new Promise(setImmediate);

for (const [name, drainMs, code] of [
  ['SIGTERM', 9_000, 0],
  ['SIGINT', 9_000, 0],
  ['SIGQUIT', 0, 143],
] as const) {
  test.serial(
    `${name} stops every worker, with ${drainMs} ms to drain; the exit code is ${code}, and no signal is heard behind it`,
    async (t) => {
      const before = PRIMARY_SIGNALS.map((one) => process.listenerCount(one));
      const { ports, ended, signal } = await running(t, { drainTimeoutMs: 9_000 });
      await turn();
      signal(name);
      t.is(await ended, code);
      for (const worker of ports.workers) {
        const stop = worker.sent.find((message) => message.type === 'stop');
        t.is(stop?.drainMs, drainMs);
      }
      t.deepEqual(
        PRIMARY_SIGNALS.map((one) => process.listenerCount(one)),
        before,
      );
    },
  );
}

test.serial('SIGTTIN adds a worker and SIGTTOU takes one away, never the last', async (t) => {
  const { ports, supervisor, ended, signal } = await running(t, { workers: 1 });
  await turn();
  signal('SIGTTIN');
  await turn();
  t.deepEqual([supervisor.status().target, ports.workers.length], [2, 2]);
  signal('SIGTTOU');
  signal('SIGTTOU');
  await turn();
  t.is(supervisor.status().target, 1);
  signal('SIGTERM');
  await ended;
});

test.serial(
  'SIGHUP that somebody sends reloads, on the configuration as it was when nobody reads it anew',
  async (t) => {
    const { ports, supervisor, ended, signal } = await running(t, { workers: 1 });
    await turn();
    signal('SIGHUP');
    while (supervisor.status().generation === 1) {
      ports.advance(500);
      await turn();
    }
    t.is(ports.worker(2).spec.script, ports.worker(1).spec.script);
    signal('SIGTERM');
    t.is(await ended, 0);
  },
);

test.serial('SIGUSR2 opens the log file anew; where that cannot be it is said in the old one', async (t) => {
  const { ended, signal, log, logFile } = await running(t);
  await turn();
  renameSync(logFile, `${logFile}.1`);
  signal('SIGUSR2');
  t.true(existsSync(logFile));
  renameSync(logFile, `${logFile}.2`);
  mkdirSync(logFile);
  signal('SIGUSR2');
  t.true(readFileSync(`${logFile}.2`, 'utf8').includes('LOG_FILE'));
  process.getBuiltinModule('node:fs').rmdirSync(logFile);
  signal('SIGUSR2');
  signal('SIGTERM');
  t.is(await ended, 0);
  t.true(log().length > 0);
});

test.serial('no worker ever ready: the exit code says so, and the error with what to do is in the log', async (t) => {
  const fail = (worker: ScriptedWorker) => queueMicrotask(() => worker.exit(1));
  const { ports, ended, log } = await running(t, { workers: 1, maxRestarts: 1 }, fail);
  let code: number | undefined;
  void ended.then((value) => {
    code = value;
  });
  while (code === undefined) {
    ports.advance(10_000);
    await turn();
  }
  t.is(code, EXIT.crashLoop);
  t.true(log().includes('FIRST_GENERATION_FAILED'));
  t.true(log().includes('fix:'));
});

test.serial('--restart never: a worker that fails ends all with code 1, and what that means is said', async (t) => {
  const { ports, ended, log } = await running(t, { workers: 1, restart: 'never' });
  await turn();
  ports.worker(1).exit(3);
  t.is(await ended, EXIT.failure);
  t.true(log().includes('APP_FAILED'));
});

test.serial('under --watch a crash loop ends nothing: it is said, and a change is waited for', async (t) => {
  const fail = (worker: ScriptedWorker) => queueMicrotask(() => worker.exit(1));
  const { ports, supervisor, ended, log, signal } = await running(t, { workers: 1, maxRestarts: 1, watch: true }, fail);
  while (!log().includes('FIRST_GENERATION_FAILED')) {
    ports.advance(10_000);
    await turn();
  }
  t.is(supervisor.status().phase, 'running');
  signal('SIGTERM');
  t.is(await ended, 0);
});

test.serial('a rejection that a hook of the primary leaves behind is logged, and ends nothing', async (t) => {
  const { ended, log, signal } = await running(t);
  const listener = process.listeners('unhandledRejection').at(-1);
  listener?.(new Error('nobody waits'), Promise.resolve());
  t.true(log().includes('nobody waits'));
  signal('SIGTERM');
  t.is(await ended, 0);
});

test.serial('what an exception that nobody catches says is logged, and the workers serve on', async (t) => {
  const { supervisor, ended, log, signal } = await running(t);
  await turn();
  supervisor.survive('a timer', new Error('of a hook'));
  t.is(supervisor.faults().survived, 1);
  t.true(log().includes('of a hook'));
  t.is(supervisor.status().workers.filter(({ phase }) => phase === 'ready').length, 2);
  signal('SIGTERM');
  await ended;
});

test.serial('what cannot be run rejects before the first fork, with its code', async (t) => {
  const file = join(privateDir(t), 'gone', 'kf.pid');
  const other = process.geteuid?.() === 0 ? 'nobody' : 'root';
  for (const [change, code] of [
    [{ daemon: true }, 'CONFIG_INVALID'],
    [{ user: other }, 'CONFIG_INVALID'],
    [{ group: 'no-group-of-that-name' }, 'NO_SUCH_USER'],
    [{ pidfile: file }, 'PIDFILE'],
    [{ hookFiles: ['/none/hooks.js'] }, 'HOOKS_NOT_FOUND'],
    [{ accessLog: '/none/access.log' }, 'LOG_FILE'],
  ] as const) {
    const ports = new ScriptedPorts();
    const config: Config = { ...CONFIG, control: false, logFile: join(privateDir(t), 'kf.log'), ...change };
    const refused = run(config, { makePorts: () => ports });
    t.is((await t.throwsAsync(refused, { instanceOf: KfError })).code, code, JSON.stringify(change));
    t.is(ports.workers.length, 0);
  }
});

test.serial('a umask holds for the whole process, and each start says what it starts', async (t) => {
  const before = process.umask();
  t.teardown(() => process.umask(before));
  const { ended, log, signal } = await running(t, { umask: 0o027, workersWhy: 'the cgroup allows 2 cores' });
  t.is(process.umask(), 0o027);
  t.true(log().includes('the cgroup allows 2 cores'));
  signal('SIGTERM');
  await ended;
});
