import { setTimeout as delay } from 'node:timers/promises';
import { readFlags, say } from './lib/flags.js';
import { createLoad } from './lib/load.js';
import { freePort } from './lib/net.js';
import { contenders } from './lib/peers.js';
import { cpuOf } from './lib/proc.js';
import { startReceiver } from './lib/receiver.js';
import { Report } from './lib/report.js';

// What the spans of HTTP requests cost: processor time of the workers for each request, beside the same app without
// tracing. The stock SDK as its documentation says, and kf-cluster with either instrumentation of node:http, interleaved,
// at each share of requests that is sampled. Read the differences to `off` in one run as ratios, not as microseconds.
// Flags: --rounds 5 --measure-ms 2000 --warm-ms 1000 --workers 1 --shares 1,0.01 --json

const VARIANTS = {
  'bare, off': { name: 'cluster', tracing: false, flags: [] },
  stock: { name: 'cluster-auto', tracing: true, flags: [] },
  'kf-cluster, off': { name: 'kf-cluster', tracing: false, flags: [] },
  upstream: { name: 'kf-cluster', tracing: true, flags: ['--http-instrumentation', 'upstream'] },
  builtin: { name: 'kf-cluster', tracing: true, flags: ['--http-instrumentation', 'builtin'] },
} as const;
type Variant = keyof typeof VARIANTS;

const flags = readFlags(
  { rounds: 5, contenders: Object.keys(VARIANTS) },
  { 'measure-ms': 2000, 'warm-ms': 1000 },
  { shares: '1,0.01' },
);
const shares = flags.text('shares').split(',');
const report = new Report('http spans: what a request costs more');
const receiver = await startReceiver();
const load = createLoad();
for (let round = 0; round < flags.rounds; round++) {
  say(`round ${round + 1} of ${flags.rounds}`);
  for (const share of shares) {
    const cost = new Map<Variant, number>();
    for (const variant of Object.keys(VARIANTS) as Variant[]) cost.set(variant, await measure(variant, share));
    const more = (variant: Variant, than: Variant) =>
      (cost.get(variant) ?? Number.NaN) - (cost.get(than) ?? Number.NaN);
    const stock = more('stock', 'bare, off');
    for (const variant of ['upstream', 'builtin'] as const) {
      report.add(
        variant,
        `added cpu, share of what stock adds, ${share}`,
        '',
        more(variant, 'kf-cluster, off') / stock,
      );
    }
  }
}
for (const share of shares) {
  const values = report.values('builtin', `added cpu, share of what stock adds, ${share}`);
  report.bar({ name: `builtin, ${share} sampled`, values, op: '<=', limit: share === '1' ? 0.25 : 0.1 });
}
load.close();
receiver.close();
report.finish(flags.json);

/** Microseconds of the workers' processor time a request. */
async function measure(variant: Variant, share: string): Promise<number> {
  const { name, tracing, flags: own } = VARIANTS[variant];
  process.env.OTEL_TRACES_SAMPLER = 'traceidratio';
  process.env.OTEL_TRACES_SAMPLER_ARG = share;
  const [contender] = contenders([name]);
  await receiver.begin(false);
  const port = await freePort();
  const common = { workers: flags.workers, careful: true, handlerMs: 0, endpoint: receiver.url };
  const started = await contender!.start({ ...common, port, tracing, flags: own });
  await started.allListening();
  const pids = started.workers();
  await load.start([{ port, kind: 'keep-alive', rate: 0, connections: 32, hangMs: 5000 }], 'warm');
  await delay(flags.number('warm-ms'));
  await load.phase('measure');
  const before = cpuOf(pids);
  await delay(flags.number('measure-ms'));
  await load.phase('rest');
  const spent = cpuOf(pids) - before;
  const { ok, seconds } = (await load.stop())['keep-alive']!.measure!;
  await started.stop();
  const micros = (spent * 1000) / ok;
  report.add(variant, `cpu a request, ${share} sampled`, 'us', micros);
  report.add(variant, `requests/s, ${share} sampled`, '/s', ok / seconds);
  return micros;
}
