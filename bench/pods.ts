import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { environment } from './lib/environment.js';
import { readFlags, say } from './lib/flags.js';
import { kfCluster } from './lib/kf-cluster.js';
import { firstOk, freePort } from './lib/net.js';
import { forksOf, memoryOf } from './lib/proc.js';
import { type Program, path, run } from './lib/program.js';
import { startReceiver } from './lib/receiver.js';
import { Report } from './lib/report.js';

// The same number of serving processes in pods of one process, with and without a supervisor, and in one pod of many:
// memory, boot, the replacement of all, and the spans of requests that come meanwhile.
// Flags: --rounds 3 --workers 4 --settle-seconds 2 --contenders register,one-worker,many-workers --json

const flags = readFlags({ rounds: 3, contenders: ['register', 'one-worker', 'many-workers'] }, { 'settle-seconds': 2 });
const report = new Report('pods: one process a pod, and many');
const receiver = await startReceiver();
for (let round = 0; round < flags.rounds; round++) {
  say(`round ${round + 1} of ${flags.rounds}`);
  for (const name of flags.contenders) await measure(name);
}
receiver.close();
report.finish(flags.json);

interface Pod {
  readonly port: number;
  readonly program: Program;
}

async function startPod(name: string, workers: number, ledger: string): Promise<Pod> {
  const port = await freePort();
  const setting = { port, workers, tracing: true, careful: true, handlerMs: 5, endpoint: receiver.url, ledger };
  if (name !== 'register') return { port, program: kfCluster(setting, 'auto') };
  const env = environment(setting, { sdk: false, serverSpan: 'auto' });
  const register = path('dist/bundle/register.js');
  return { port, program: run(process.execPath, ['--import', register, path('bench/apps/app.cjs')], env) };
}

async function measure(name: string): Promise<void> {
  const ledger = mkdtempSync(join(tmpdir(), 'kf-pods-'));
  const isOne = name === 'many-workers';
  const count = isOne ? 1 : flags.workers;
  const workers = isOne ? flags.workers : 1;
  await receiver.begin(true);
  const begun = performance.now();
  const start = () => startPod(name, workers, ledger);
  let pods = await Promise.all(Array.from({ length: count }, start));
  const ready = ({ program }: Pod) => program.lines(/^listening /, workers);
  await Promise.all(pods.map(ready));
  report.add(name, 'boot of all', 'ms', performance.now() - begun);
  for (const { port } of pods) for (let i = 0; i < workers * 10; i++) await firstOk(port);
  await delay(flags.number('settle-seconds') * 1_000);
  const pids = pods.flatMap(({ program }) => [program.pid, ...forksOf(program.pid)]);
  for (const kind of ['rss', 'pss'] as const) {
    const total = pids.reduce((sum, pid) => sum + memoryOf(pid)[kind], 0);
    report.add(name, `memory of all, ${kind.toUpperCase()}`, 'MB', total / 1024);
  }
  const live = new Set(pods.map(({ port }) => port));
  const requests = startRequests(live);
  const replacing = performance.now();
  if (isOne) await reload(pods[0]!);
  else pods = await roll(pods, start, ready, live);
  report.add(name, 'replacement of all', 'ms', performance.now() - replacing);
  const { sent, failed } = await requests.stop();
  for (const { program } of pods) program.kill('SIGTERM');
  await Promise.all(pods.map(({ program }) => program.exited));
  const { missing, ended } = await receiver.compare(ledger);
  report.add(name, 'requests meanwhile', '', sent);
  report.add(name, 'failed of them', '', failed);
  report.add(name, 'spans ended', '', ended);
  report.add(name, 'spans missing', '', missing);
  rmSync(ledger, { recursive: true, force: true });
}

async function reload({ program }: Pod): Promise<void> {
  program.kill('SIGHUP');
  await program.lines(/reload: generation \d+ serves/, 1);
}

/** One after the other: the new one is ready, then the old one gets no request any more and stops. */
async function roll(
  old: readonly Pod[],
  start: () => Promise<Pod>,
  ready: (pod: Pod) => Promise<void>,
  live: Set<number>,
): Promise<Pod[]> {
  const pods: Pod[] = [];
  for (const { port, program } of old) {
    const next = await start();
    await ready(next);
    live.add(next.port);
    live.delete(port);
    program.kill('SIGTERM');
    await program.exited;
    pods.push(next);
  }
  return pods;
}

/** One request after the other, to each pod in turn. */
function startRequests(live: ReadonlySet<number>) {
  let over = false;
  const counts = { sent: 0, failed: 0 };
  const done = (async () => {
    while (!over) {
      for (const port of [...live]) {
        counts.sent += 1;
        const answer = await fetch(`http://127.0.0.1:${port}/`, { headers: { connection: 'close' } }).catch(
          () => undefined,
        );
        if (!answer?.ok) counts.failed += 1;
        await answer?.text();
      }
    }
  })();
  return {
    stop: async () => {
      over = true;
      await done;
      return counts;
    },
  };
}
