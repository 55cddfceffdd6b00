import { setTimeout as delay } from 'node:timers/promises';
import type { Contender, Setting } from './lib/contender.js';
import { readFlags, say } from './lib/flags.js';
import { firstOk, freePort } from './lib/net.js';
import { contenders } from './lib/peers.js';
import { cpuOf, memoryOf, wakeupsOf } from './lib/proc.js';
import { startReceiver } from './lib/receiver.js';
import { Report } from './lib/report.js';

// How long from the start of the command to the first 200, and what is held while idle.
// Flags: --rounds 10 --idle-rounds 2 --idle-seconds 3 --workers 2 --contenders a,b --json

const flags = readFlags(
  { rounds: 10, contenders: ['node', 'cluster', 'cluster-auto', 'throng', 'pm2', 'kf-cluster', 'kf-cluster-manual'] },
  { 'idle-rounds': 2, 'idle-seconds': 3 },
);
const report = new Report('boot: start to first 200, idle memory');
const receiver = await startReceiver();
const entrants = contenders(flags.contenders);

for (let round = 0; round < flags.rounds; round++) {
  say(`round ${round + 1} of ${flags.rounds}`);
  for (const tracing of [false, true])
    for (const contender of entrants) await measure(contender, tracing, round < flags.number('idle-rounds'));
}
for (const tracing of ['on', 'off']) {
  report.against('kf-cluster', 'cluster', `first 200, tracing ${tracing}`, '<=', tracing === 'on' ? 0.9 : 1.4);
  report.against('kf-cluster', 'cluster', `primary RSS, tracing ${tracing}`, '<=', 1.15);
}
receiver.close();
report.finish(flags.json);

async function measure(contender: Contender, tracing: boolean, idle: boolean): Promise<void> {
  const setting: Setting = {
    port: await freePort(),
    workers: flags.workers,
    tracing,
    careful: true,
    handlerMs: 0,
    endpoint: receiver.url,
  };
  const label = `tracing ${tracing ? 'on' : 'off'}`;
  const begin = performance.now();
  const started = await contender.start(setting);
  await firstOk(setting.port);
  report.add(contender.name, `first 200, ${label}`, 'ms', performance.now() - begin);
  await started.allListening();
  // What others do on the machine does not show in this one.
  const cpu = cpuOf([...new Set([started.primary(), ...started.workers()])]);
  report.add(contender.name, `cpu until all listen, ${label}`, 'ms', cpu);
  if (idle) await measureIdle(contender.name, label, started.primary(), started.workers());
  await started.stop();
}

async function measureIdle(name: string, label: string, primary: number, workers: readonly number[]): Promise<void> {
  const seconds = flags.number('idle-seconds');
  await delay(1000); // what a start leaves behind to do
  const before = wakeupsOf(primary);
  await delay(seconds * 1000);
  report.add(name, `primary wake-ups/s, ${label}`, '/s', (wakeupsOf(primary) - before) / seconds);
  const memory = memoryOf(primary);
  report.add(name, `primary RSS, ${label}`, 'MB', memory.rss / 1024);
  report.add(name, `primary PSS, ${label}`, 'MB', memory.pss / 1024);
  for (const worker of workers) report.add(name, `worker RSS, ${label}`, 'MB', memoryOf(worker).rss / 1024);
}
