import { setTimeout as delay } from 'node:timers/promises';
import type { Contender, Setting, Started } from './lib/contender.js';
import { clientsApart } from './lib/cores.js';
import { readFlags, say } from './lib/flags.js';
import { createLoad, failuresOf, type LoadOptions } from './lib/load.js';
import { freePort } from './lib/net.js';
import { contenders } from './lib/peers.js';
import { cpuOf } from './lib/proc.js';
import { startReceiver } from './lib/receiver.js';
import { Report } from './lib/report.js';

// Requests a second, as many as go, and the processor time each costs on the server's side. The clients have a core of
// their own (`--cores shared`: all together on all cores, which draws the ratios towards 1 and is noisier: there a window
// of half a second is off by a sixth). All contenders stand at once, idle but for one, and take turns in many short
// windows, each ratio one of neighbours. New processes each round, for what the compiler makes of them differs too.
// Even idle ones disturb: for the bars give a pair alone, such as --contenders cluster-auto,kf-cluster.
// Flags: --rounds 3 --windows 6 --measure-ms 500 --warmup-ms 1200 --connections 32 --cores apart|shared --workers 2
//        --contenders a,b --json

const flags = readFlags(
  { rounds: 3, contenders: ['node', 'cluster', 'cluster-auto', 'throng', 'pm2', 'kf-cluster', 'kf-cluster-manual'] },
  { windows: 6, 'measure-ms': 500, 'warmup-ms': 1200, connections: 32 },
  { cores: 'apart' },
);
/** What a window needs to get going when the processes are warm, in milliseconds. */
const SETTLE_MS = 150;
const KINDS = ['keep-alive', 'new'] as const;
const report = new Report('throughput: requests a second');
const load = createLoad();
/** Each with a receiver of its own, which counts its spans. */
const entrants = await Promise.all(
  contenders(flags.contenders).map(async (contender) => ({ contender, receiver: await startReceiver() })),
);

if (flags.text('cores') === 'apart') say(clientsApart([load.pid, ...entrants.map(({ receiver }) => receiver.pid)]));

for (let round = 0; round < flags.rounds; round++) {
  say(`round ${round + 1} of ${flags.rounds}`);
  for (const tracing of [false, true]) await measureAll(tracing, round);
}
// Like with like: an instrumented SERVER span costs more than one that the app makes by hand.
for (const [name, base] of [
  ['kf-cluster', 'cluster-auto'],
  ['kf-cluster-manual', 'cluster'],
] as const) {
  report.against(name, base, 'keep-alive requests/s, tracing off', '>=', 1);
  report.against(name, base, 'keep-alive requests/s, tracing on', '>=', 1.05);
  report.against(name, base, 'new requests/s, tracing off', '>=', 2);
  report.against(name, base, 'keep-alive cpu a request, tracing on', '<=', 1);
}
load.close();
for (const { receiver } of entrants) receiver.close();
report.finish(flags.json);

interface Standing {
  readonly name: string;
  readonly setting: Setting;
  readonly started: Started;
  served: number;
}

async function measureAll(tracing: boolean, round: number): Promise<void> {
  const all: Standing[] = [];
  for (const { contender, receiver } of entrants) {
    await receiver.begin(false);
    all.push(await stand(contender, tracing, receiver.url));
  }
  for (const kind of KINDS) {
    for (const one of all) await saturate(one, kind, flags.number('warmup-ms'), 'unmeasured');
    for (let window = 0; window < flags.number('windows'); window++) {
      // Whoever comes after another finds the machine as that one left it.
      const turns = (window + round) % 2 === 0 ? all : [...all].reverse();
      for (const one of turns) await saturate(one, kind, SETTLE_MS, 'measure');
    }
  }
  for (const [at, one] of all.entries()) {
    await one.started.stop();
    // A queue that is full drops spans, which is cheaper than to send them.
    const arrived = tracing ? await entrants[at]!.receiver.count() : 0;
    if (tracing) report.add(one.name, 'spans that arrived', '%', (arrived / (one.served * 2)) * 100);
  }
}

async function stand(contender: Contender, tracing: boolean, endpoint: string): Promise<Standing> {
  const port = await freePort();
  const setting = { port, workers: flags.workers, tracing, careful: true, handlerMs: 0, endpoint };
  const started = await contender.start(setting);
  await started.allListening();
  return { name: contender.name, setting, started, served: 0 };
}

/** As many requests as go: first until it runs evenly, then for the time of one window if it is to be measured. */
async function saturate(one: Standing, kind: LoadOptions['kind'], warmupMs: number, what: string): Promise<void> {
  const { name, started, setting } = one;
  const connections = flags.number('connections');
  const pids = [...new Set([started.primary(), ...started.workers()])];
  await load.start([{ port: setting.port, kind, rate: 0, connections, hangMs: 5000 }], 'warmup');
  await delay(warmupMs);
  await load.phase('measure');
  const cpu = cpuOf(pids);
  await delay(what === 'measure' ? flags.number('measure-ms') : 0);
  await load.phase('rest');
  const spent = cpuOf(pids) - cpu;
  const windows = (await load.stop())[kind]!;
  one.served += Object.values(windows).reduce((sum, window) => sum + window.ok, 0);
  const { failed, causes } = failuresOf(windows);
  if (failed > 0) say(`  ${name}, ${kind}: ${failed} failed: ${causes}`);
  if (what !== 'measure') return;
  const { ok, seconds } = windows.measure!;
  const label = `tracing ${setting.tracing ? 'on' : 'off'}`;
  report.add(name, `${kind} requests/s, ${label}`, '/s', ok / seconds);
  report.add(name, `${kind} cpu a request, ${label}`, 'us', (spent * 1000) / ok);
}
