import { setTimeout as delay } from 'node:timers/promises';
import type { Contender, Setting, Started } from './lib/contender.js';
import { readFlags, say } from './lib/flags.js';
import { createLoad, failuresOf, type LoadOptions } from './lib/load.js';
import { freePort } from './lib/net.js';
import { contenders } from './lib/peers.js';
import { cpuOf } from './lib/proc.js';
import { startReceiver } from './lib/receiver.js';
import { Report } from './lib/report.js';

// Requests a second, as many as go, and the processor time each costs on the server's side. The client needs the same
// cores, which draws the ratios of requests/s towards 1; those of the processor time are what the contender does.
// Flags: --rounds 3 --measure-ms 1500 --warmup-ms 500 --connections 32 --workers 2 --contenders a,b --json

const flags = readFlags(
  { rounds: 3, contenders: ['node', 'cluster', 'cluster-auto', 'throng', 'pm2', 'kf-cluster', 'kf-cluster-manual'] },
  { 'measure-ms': 1500, 'warmup-ms': 500, connections: 32 },
);
const KINDS = ['keep-alive', 'new'] as const;
const report = new Report('throughput: requests a second');
const receiver = await startReceiver();
const load = createLoad();
const entrants = contenders(flags.contenders);

for (let round = 0; round < flags.rounds; round++) {
  say(`round ${round + 1} of ${flags.rounds}`);
  for (const tracing of [false, true]) for (const contender of entrants) await measure(contender, tracing);
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
receiver.close();
report.finish(flags.json);

async function measure(contender: Contender, tracing: boolean): Promise<void> {
  const setting: Setting = {
    port: await freePort(),
    workers: flags.workers,
    tracing,
    careful: true,
    handlerMs: 0,
    endpoint: receiver.url,
  };
  await receiver.begin(false);
  const started = await contender.start(setting);
  await started.allListening();
  let served = 0;
  for (const kind of KINDS) served += await saturate(contender.name, started, setting, kind);
  await started.stop();
  // A queue that is full drops spans, which is cheaper than to send them.
  if (tracing) report.add(contender.name, 'spans that arrived', '%', ((await receiver.count()) / (served * 2)) * 100);
}

/** Returns how many requests were answered in all. */
async function saturate(name: string, started: Started, setting: Setting, kind: LoadOptions['kind']): Promise<number> {
  const client: LoadOptions = {
    port: setting.port,
    kind,
    rate: 0,
    connections: flags.number('connections'),
    hangMs: 5000,
  };
  const pids = [...new Set([started.primary(), ...started.workers()])];
  await load.start([client], 'warmup');
  await delay(flags.number('warmup-ms'));
  await load.phase('measure');
  const cpu = cpuOf(pids);
  await delay(flags.number('measure-ms'));
  await load.phase('rest');
  const spent = cpuOf(pids) - cpu;
  const windows = (await load.stop())[kind]!;
  const { ok, seconds } = windows.measure!;
  const { failed, causes } = failuresOf(windows);
  if (failed > 0) say(`  ${name}, ${kind}: ${failed} failed: ${causes}`);
  const label = `tracing ${setting.tracing ? 'on' : 'off'}`;
  report.add(name, `${kind} requests/s, ${label}`, '/s', ok / seconds);
  report.add(name, `${kind} cpu a request, ${label}`, 'us', (spent * 1000) / ok);
  return Object.values(windows).reduce((sum, window) => sum + window.ok, 0);
}
