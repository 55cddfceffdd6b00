import { readFlags, say } from './lib/flags.js';
import { createLoad } from './lib/load.js';
import { contenders } from './lib/peers.js';
import { startReceiver } from './lib/receiver.js';
import { Report } from './lib/report.js';
import { requestCost, type Standing, stand } from './lib/request-cost.js';

// What the spans of HTTP requests cost: processor time of the workers for each request, beside the same app without
// tracing. The stock SDK as its documentation says, and kf-cluster with either instrumentation of node:http, at each share
// of requests that is sampled. All stand at once and take turns in short windows, because the speed of a machine changes
// within seconds: read the ratios, each of neighbours, not the microseconds. New processes each round.
// Flags: --rounds 3 --windows 10 --measure-ms 500 --warm-ms 3000 --workers 1 --shares 1,0.01 --json

const VARIANTS = {
  'bare, off': { name: 'cluster', tracing: false, flags: [] },
  stock: { name: 'cluster-auto', tracing: true, flags: [] },
  'kf-cluster, off': { name: 'kf-cluster', tracing: false, flags: [] },
  upstream: { name: 'kf-cluster', tracing: true, flags: ['--http-instrumentation', 'upstream'] },
  builtin: { name: 'kf-cluster', tracing: true, flags: ['--http-instrumentation', 'builtin'] },
} as const;
type Variant = keyof typeof VARIANTS;
type Figures = Readonly<Record<Variant, number>>;
const NAMES = ['bare, off', 'stock', 'kf-cluster, off', 'upstream', 'builtin'] as const;
const NONE: Figures = { 'bare, off': 0, stock: 0, 'kf-cluster, off': 0, upstream: 0, builtin: 0 };
const ADDED = 'added cpu, share of what stock adds';
const KEPT = 'requests/s, of those without tracing';
const TIMES = 'requests/s, of those of stock';

const flags = readFlags(
  { rounds: 3, contenders: Object.keys(VARIANTS) },
  { windows: 10, 'measure-ms': 500, 'warm-ms': 3000 },
  { shares: '1,0.01' },
);
const shares = flags.text('shares').split(',');
const report = new Report('http spans: what a request costs more');
const receiver = await startReceiver();
const load = createLoad();
for (let round = 0; round < flags.rounds; round++) {
  say(`round ${round + 1} of ${flags.rounds}`);
  for (const share of shares) await measure(share);
}
for (const share of shares) {
  const bar = (name: string, figure: string, op: '<=' | '>=', limit: number) =>
    report.bar({
      name: `${name}, ${share} sampled`,
      values: report.values('builtin', `${figure}, ${share}`),
      op,
      limit,
    });
  bar('added cpu', ADDED, '<=', share === '1' ? 0.25 : 0.1);
  if (share !== '1') continue;
  bar('requests/s of those without tracing', KEPT, '>=', 0.6);
  bar('requests/s of the stock SDK', TIMES, '>=', 2.2);
}
load.close();
receiver.close();
report.finish(flags.json);

async function measure(share: string): Promise<void> {
  await receiver.begin(false);
  const all = await standAll(share);
  for (const one of Object.values(all))
    await requestCost(one, load, { warmMs: 100, measureMs: flags.number('warm-ms') });
  for (let window = 0; window < flags.number('windows'); window++) {
    const order = window % 2 === 0 ? NAMES : [...NAMES].reverse();
    const micros = { ...NONE };
    const rates = { ...NONE };
    for (const variant of order) {
      const cost = await requestCost(all[variant], load, { warmMs: 100, measureMs: flags.number('measure-ms') });
      micros[variant] = cost.micros;
      rates[variant] = cost.perSecond;
      report.add(variant, `cpu a request, ${share} sampled`, 'us', cost.micros);
      report.add(variant, `requests/s, ${share} sampled`, '/s', cost.perSecond);
    }
    compare(share, micros, rates);
  }
  for (const { started } of Object.values(all)) await started.stop();
}

function compare(share: string, micros: Figures, rates: Figures): void {
  const stock = micros.stock - micros['bare, off'];
  for (const variant of ['upstream', 'builtin'] as const) {
    report.add(variant, `${ADDED}, ${share}`, '', (micros[variant] - micros['kf-cluster, off']) / stock);
    report.add(variant, `${KEPT}, ${share}`, '', rates[variant] / rates['kf-cluster, off']);
    report.add(variant, `${TIMES}, ${share}`, '', rates[variant] / rates.stock);
  }
}

async function standAll(share: string): Promise<Readonly<Record<Variant, Standing>>> {
  return {
    'bare, off': await standOne('bare, off', share),
    stock: await standOne('stock', share),
    'kf-cluster, off': await standOne('kf-cluster, off', share),
    upstream: await standOne('upstream', share),
    builtin: await standOne('builtin', share),
  };
}

function standOne(variant: Variant, share: string): Promise<Standing> {
  const { name, tracing, flags: own } = VARIANTS[variant];
  const [contender] = contenders([name]);
  const env = { OTEL_TRACES_SAMPLER: 'traceidratio', OTEL_TRACES_SAMPLER_ARG: share };
  return stand(contender!, {
    workers: flags.workers,
    endpoint: receiver.url,
    tracing,
    flags: own,
    env,
    plainHandler: true,
  });
}
