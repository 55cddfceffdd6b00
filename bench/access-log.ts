import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { Started } from './lib/contender.js';
import { readFlags, say } from './lib/flags.js';
import { createLoad } from './lib/load.js';
import { freePort } from './lib/net.js';
import { contenders } from './lib/peers.js';
import { cpuOf } from './lib/proc.js';
import { startReceiver } from './lib/receiver.js';
import { Report } from './lib/report.js';

// What the access log costs a request: processor time of the workers. The same app with and without it stand at once and
// take turns in many short windows, each ratio one of neighbours; new processes each round.
// Flags: --rounds 3 --windows 20 --measure-ms 500 --warm-ms 2000 --workers 1 --format combined --json

const flags = readFlags(
  { rounds: 3, contenders: [] },
  { windows: 20, 'measure-ms': 500, 'warm-ms': 2000 },
  { format: 'combined' },
);
const dir = mkdtempSync(join(tmpdir(), 'kf-access-log-'));
const LOGGED = ['--access-log', join(dir, 'access.log'), '--access-log-format', flags.text('format')];
const SIDES = { off: [], on: LOGGED } as const;
type Side = keyof typeof SIDES;

interface Standing {
  readonly started: Started;
  readonly port: number;
}

const report = new Report('access log: what it costs a request');
const receiver = await startReceiver();
const load = createLoad();
for (let round = 0; round < flags.rounds; round++) {
  say(`round ${round + 1} of ${flags.rounds}`);
  for (const tracing of [false, true]) await measureBoth(tracing, round);
}
for (const label of ['no tracing', 'traced']) {
  const values = report.values('on', `cpu a request, of that without, ${label}`);
  report.bar({ name: `access log, ${label}`, values, op: '<=', limit: 1.05 });
}
load.close();
receiver.close();
rmSync(dir, { recursive: true });
report.finish(flags.json);

async function measureBoth(tracing: boolean, round: number): Promise<void> {
  await receiver.begin(false);
  const both = { off: await stand('off', tracing), on: await stand('on', tracing) };
  for (const one of Object.values(both)) await cost(one, flags.number('warm-ms'));
  const label = tracing ? 'traced' : 'no tracing';
  for (let window = 0; window < flags.number('windows'); window++) {
    const spent = { off: Number.NaN, on: Number.NaN };
    const order: readonly Side[] = (window + round) % 2 === 0 ? ['off', 'on'] : ['on', 'off'];
    for (const side of order) {
      spent[side] = await cost(both[side], flags.number('measure-ms'));
      report.add(side, `cpu a request, ${label}`, 'us', spent[side]);
    }
    report.add('on', `cpu a request, of that without, ${label}`, '', spent.on / spent.off);
  }
  for (const { started } of Object.values(both)) await started.stop();
}

async function stand(side: Side, tracing: boolean): Promise<Standing> {
  const port = await freePort();
  const [contender] = contenders(['kf-cluster']);
  const setting = { port, workers: flags.workers, tracing, careful: true, handlerMs: 0, endpoint: receiver.url };
  const started = await contender!.start({ ...setting, flags: SIDES[side] });
  await started.allListening();
  return { started, port };
}

/** Microseconds of the workers' processor time a request. */
async function cost({ started, port }: Standing, measureMs: number): Promise<number> {
  const pids = started.workers();
  await load.start([{ port, kind: 'keep-alive', rate: 0, connections: 32, hangMs: 5000 }], 'settle');
  await delay(100);
  await load.phase('measure');
  const before = cpuOf(pids);
  await delay(measureMs);
  await load.phase('rest');
  const spent = cpuOf(pids) - before;
  return (spent * 1000) / (await load.stop())['keep-alive']!.measure!.ok;
}
