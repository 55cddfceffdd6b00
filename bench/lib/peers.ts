import type { Contender, Setting, Started } from './contender.js';
import { environment, type Tracing } from './environment.js';
import { kfCluster } from './kf-cluster.js';
import { pm2 } from './pm2.js';
import { forksOf, isAlive } from './proc.js';
import { type Program, path, run } from './program.js';

const MANUAL: Tracing = { sdk: true, serverSpan: 'manual' };
const AUTO: Tracing = { sdk: true, serverSpan: 'auto' };
const LISTENING = /^listening /;
/** A primary that does not end by then (throng counts workers that never exit) must not hold up the others. */
const STOP_BOUND_MS = 40_000;

/** One process, no supervisor. */
const node: Contender = {
  name: 'node',
  start: async (setting) => {
    const program = run(process.execPath, [path('bench/apps/app.cjs')], environment(setting, MANUAL));
    return started(program, 1, undefined, () => [program.pid]);
  },
};

/** Bare node:cluster; with `auto` the app uses the http instrumentation instead of making the span by hand. */
function bareCluster(name: string, tracing: Tracing): Contender {
  return {
    name,
    start: async (setting) => {
      const program = run(process.execPath, [path('bench/apps/cluster.cjs')], environment(setting, tracing));
      const reload = () => reloadBySignal(program, /^reloaded$/);
      return started(program, setting.workers, reload);
    },
  };
}

/** throng has no reload: its users signal the workers one after the other, and it starts new ones. */
const throng: Contender = {
  name: 'throng',
  start: async (setting) => {
    const program = run(process.execPath, [path('bench/apps/throng.cjs')], environment(setting, MANUAL));
    const reload = async () => {
      for (const worker of forksOf(program.pid)) {
        const before = program.countOf(LISTENING);
        process.kill(worker, 'SIGTERM');
        await program.lines(LISTENING, before + 1);
        while (isAlive(worker)) await new Promise((resolve) => setTimeout(resolve, 5));
      }
    };
    return started(program, setting.workers, reload);
  },
};

function started(
  program: Program,
  workers: number,
  reload: Started['reload'],
  pids = () => forksOf(program.pid),
): Started {
  return {
    primary: () => program.pid,
    workers: pids,
    allListening: () => program.lines(LISTENING, workers),
    reload,
    stop: async () => {
      program.kill('SIGTERM');
      const bound = setTimeout(() => program.kill('SIGKILL'), STOP_BOUND_MS);
      await program.exited;
      clearTimeout(bound);
    },
  };
}

async function reloadBySignal(program: Program, done: RegExp): Promise<void> {
  const before = program.countOf(done);
  program.kill('SIGHUP');
  await program.lines(done, before + 1);
}

/** Ourselves: the app is the same, without an SDK of its own. */
function ours(name: string, serverSpan: Tracing['serverSpan']): Contender {
  return {
    name,
    start: async (setting: Setting) => {
      const program = kfCluster(setting, serverSpan, setting.flags);
      const reload = () => reloadBySignal(program, /reload: generation \d+ serves/);
      return started(program, setting.workers, reload);
    },
  };
}

const ALL: readonly Contender[] = [
  node,
  bareCluster('cluster', MANUAL),
  bareCluster('cluster-auto', AUTO),
  throng,
  pm2(MANUAL),
  ours('kf-cluster', 'auto'),
  ours('kf-cluster-manual', 'manual'),
];

/** By name, in the order given. Throws on a name nobody has. */
export function contenders(names: readonly string[]): Contender[] {
  return names.map((name) => {
    const found = ALL.find((contender) => contender.name === name);
    if (!found) throw new Error(`no contender ${name}; there are ${ALL.map((one) => one.name).join(', ')}`);
    return found;
  });
}
