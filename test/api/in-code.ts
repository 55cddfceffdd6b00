import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ExecutionContext } from 'ava';
import { Cluster } from '../../src/api/cluster.js';
import type { LoadInput } from '../../src/config/load-options.js';
import type { Notification } from '../../src/core/types.js';
import { openSession } from '../../src/run/session.js';
import { privateDir } from '../helpers/cluster.js';
import { ScriptedPorts, type ScriptedWorker } from '../supervisor/scripted-ports.js';

export type CodeValues = NonNullable<LoadInput['code']>['values'];

/** An app's directory, with room for sockets; for the test's whole process. */
export function appDir(t: ExecutionContext): { readonly dir: string; readonly script: string; readonly log: string } {
  const dir = privateDir(t);
  const script = join(dir, 'app.js');
  writeFileSync(script, '');
  writeFileSync(join(dir, 'package.json'), '{"name":"shop"}');
  mkdirSync(join(dir, 'run'), { mode: 0o700 });
  process.env.XDG_RUNTIME_DIR = join(dir, 'run');
  return { dir, script, log: join(dir, 'kf.log') };
}

/** What `cluster.setup({ script, ... })` reads its configuration from. */
export function inputOf({ dir, script, log }: ReturnType<typeof appDir>, values: CodeValues = {}): LoadInput {
  return {
    script,
    args: [],
    flags: {},
    environment: {},
    cwd: dir,
    code: { values: { telemetry: false, logFile: log, workers: 2, ...values }, env: {} },
  };
}

/** A cluster in this process whose workers do what the test says; a stop ends each with code 0. */
export function clusterInCode(t: ExecutionContext, values: CodeValues = {}, change: Partial<LoadInput> = {}) {
  const app = appDir(t);
  // Each log adds what stays for good, as a process has one.
  for (const emitter of [process, process.stdout, process.stderr]) emitter.setMaxListeners(50);
  const ports = new ScriptedPorts();
  ports.onSend = (worker, message) => {
    if (message.type === 'stop') worker.exit(0);
    if (message.type === 'ask-alive') worker.say({ type: 'alive', debugged: false });
  };
  const open: typeof openSession = (config, output, reader) => openSession(config, output, reader, () => ports);
  const cluster: Cluster = Reflect.construct(Cluster, [{ ...inputOf(app, values), ...change }, open]);
  t.teardown(() => cluster.stop({ force: true }));
  const notifications: Notification[] = [];
  cluster.on('notification', (notification) => notifications.push(notification));
  return { ...app, cluster, ports, notifications };
}

/** Each worker is ready as soon as its fork is over, or as it is let go on. */
export function allGetReady(ports: ScriptedPorts): void {
  const soon = (worker: ScriptedWorker) => queueMicrotask(() => worker.ready());
  ports.onFork = (worker) => void (worker.spec.held || soon(worker));
  ports.onLetGo = soon;
}

/** Each worker ends with code 1 before it is ready. */
export function allFail(ports: ScriptedPorts): void {
  const soon = (worker: ScriptedWorker) => queueMicrotask(() => worker.exit(1));
  ports.onFork = (worker) => void (worker.spec.held || soon(worker));
  ports.onLetGo = soon;
}
