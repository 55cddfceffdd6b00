import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readFlags, say } from './lib/flags.js';
import { createLoad } from './lib/load.js';
import { contenders } from './lib/peers.js';
import { startReceiver } from './lib/receiver.js';
import { Report } from './lib/report.js';
import { requestCost, type Standing, stand } from './lib/request-cost.js';

// What the access log costs a request: processor time of the workers. The same app with and without it stand at once and
// take turns in many short windows, each ratio one of neighbours; new processes each round. Two apps: one that says hello, where
// the share is the largest that there is, and an ordinary one (Express, JSON).
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

const APPS = { hello: './handler.cjs', express: './express.cjs' } as const;
type App = keyof typeof APPS;
const APP_NAMES: readonly App[] = ['hello', 'express'];

const report = new Report('access log: what it costs a request');
const receiver = await startReceiver();
const load = createLoad();
for (let round = 0; round < flags.rounds; round++) {
  say(`round ${round + 1} of ${flags.rounds}`);
  for (const app of APP_NAMES) for (const tracing of [false, true]) await measureBoth(app, tracing, round);
}
for (const app of APP_NAMES) {
  for (const tracing of [false, true]) {
    const label = labelOf(app, tracing);
    const values = report.values('on', `cpu a request, of that without, ${label}`);
    report.bar({ name: `access log, ${label}`, values, op: '<=', limit: 1.05 });
  }
}
load.close();
receiver.close();
rmSync(dir, { recursive: true });
report.finish(flags.json);

async function measureBoth(app: App, tracing: boolean, round: number): Promise<void> {
  await receiver.begin(false);
  const both = { off: await standing('off', app, tracing), on: await standing('on', app, tracing) };
  const warm = { warmMs: 100, measureMs: flags.number('warm-ms') };
  for (const one of Object.values(both)) await requestCost(one, load, warm);
  const times = { warmMs: 100, measureMs: flags.number('measure-ms') };
  const label = labelOf(app, tracing);
  for (let window = 0; window < flags.number('windows'); window++) {
    const spent = { off: Number.NaN, on: Number.NaN };
    const order: readonly Side[] = (window + round) % 2 === 0 ? ['off', 'on'] : ['on', 'off'];
    for (const side of order) {
      spent[side] = (await requestCost(both[side], load, times)).micros;
      report.add(side, `cpu a request, ${label}`, 'us', spent[side]);
    }
    report.add('on', `cpu a request, of that without, ${label}`, '', spent.on / spent.off);
  }
  for (const { started } of Object.values(both)) await started.stop();
}

function labelOf(app: App, tracing: boolean): string {
  return `${app}, ${tracing ? 'traced' : 'no tracing'}`;
}

async function standing(side: Side, app: App, tracing: boolean): Promise<Standing> {
  const [contender] = contenders(['kf-cluster']);
  const env = { BENCH_APP: APPS[app] };
  return stand(contender!, { workers: flags.workers, tracing, endpoint: receiver.url, flags: SIDES[side], env });
}
