import { readFlags, say } from './lib/flags.js';
import { createLoad } from './lib/load.js';
import { contenders } from './lib/peers.js';
import { startReceiver } from './lib/receiver.js';
import { Report } from './lib/report.js';
import { requestCost } from './lib/request-cost.js';

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
  const setting = { workers: flags.workers, endpoint: receiver.url, tracing, flags: own };
  const times = { warmMs: flags.number('warm-ms'), measureMs: flags.number('measure-ms') };
  const { micros, perSecond } = await requestCost(contender!, setting, load, times);
  report.add(variant, `cpu a request, ${share} sampled`, 'us', micros);
  report.add(variant, `requests/s, ${share} sampled`, '/s', perSecond);
  return micros;
}
