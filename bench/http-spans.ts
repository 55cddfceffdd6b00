import { existsSync } from 'node:fs';
import { readFlags, say } from './lib/flags.js';
import { createLoad } from './lib/load.js';
import { contenders } from './lib/peers.js';
import { path } from './lib/program.js';
import { type Receiver, startReceiver } from './lib/receiver.js';
import { Report } from './lib/report.js';
import { latency, requestCost, type Standing, stand } from './lib/request-cost.js';

// What the spans of HTTP requests cost: processor time of the workers for each request, beside the same app without
// tracing. The stock SDK as its documentation says, dd-trace without an agent (where `npm run test:interop` has installed
// it), and kf-cluster with either instrumentation of node:http, at each share of requests that is sampled. All stand at
// once and take turns in short windows, because the speed of a machine changes within seconds: read the ratios, each of
// neighbours, not the microseconds. New processes each round. Behind that the 99th percentile at a rate that all can serve,
// and, when each has been stopped with the time that it asks for, how many of the spans it owes have arrived: who drops spans pays
// less for those that it has.
// Flags: --rounds 3 --windows 10 --measure-ms 500 --warm-ms 3000 --workers 1 --shares 1,0.01 --rate 2000 --latency-ms 2000
// --contenders a,b (of the variants below; those without tracing always stand) --json

const DD_TRACE = path('test/interop/node_modules/dd-trace');
const NO_AGENT = {
  NODE_OPTIONS: `--require ${DD_TRACE}/init`,
  DD_TRACE_AGENT_PORT: '9',
  DD_TRACE_STARTUP_LOGS: 'false',
  DD_INSTRUMENTATION_TELEMETRY_ENABLED: 'false',
  DD_REMOTE_CONFIGURATION_ENABLED: 'false',
};
const VARIANTS: Readonly<Record<string, { name: string; tracing: boolean; flags?: string[]; env?: typeof NO_AGENT }>> =
  {
    'bare, off': { name: 'cluster', tracing: false },
    'kf-cluster, off': { name: 'kf-cluster', tracing: false },
    stock: { name: 'cluster-auto', tracing: true },
    ...(existsSync(DD_TRACE) && { 'dd-trace': { name: 'cluster', tracing: false, env: NO_AGENT } }),
    upstream: { name: 'kf-cluster', tracing: true, flags: ['--http-instrumentation', 'upstream'] },
    builtin: { name: 'kf-cluster', tracing: true, flags: ['--http-instrumentation', 'builtin'] },
  };
const ADDED = 'added cpu, share of what stock adds';
const KEPT = 'requests/s, of those without tracing';
const TIMES = 'requests/s, of those of stock';
const LATE = 'p99, of that without tracing';
const ARRIVED = 'spans that arrived, share';

const flags = readFlags(
  { rounds: 3, contenders: Object.keys(VARIANTS) },
  { windows: 10, 'measure-ms': 500, 'warm-ms': 3000, rate: 2000, 'latency-ms': 2000 },
  { shares: '1,0.01' },
);
const names = Object.keys(VARIANTS).filter((name) => / off$/.test(name) || flags.contenders.includes(name));
const shares = flags.text('shares').split(',');
const report = new Report('http spans: what a request costs more');
/** Each has a collector of its own, which counts its spans. */
const receivers = new Map<string, Receiver>();
for (const name of names) receivers.set(name, await startReceiver());
/** Requests that each has answered since its collector began to count. */
const answered = new Map<string, number>();
const load = createLoad();
if (!existsSync(DD_TRACE)) say('dd-trace is left out: npm run test:interop installs it');
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
  bar('p99 of that without tracing', LATE, '<=', 1.3);
  if (share !== '1') continue;
  bar('requests/s of those without tracing', KEPT, '>=', 0.6);
  bar('requests/s of the stock SDK', TIMES, '>=', 2.2);
}
load.close();
for (const receiver of receivers.values()) receiver.close();
report.finish(flags.json);

async function measure(share: string): Promise<void> {
  for (const receiver of receivers.values()) await receiver.begin(false);
  answered.clear();
  const all = new Map<string, Standing>();
  for (const name of names) all.set(name, await standOne(name, share));
  for (const [name, one] of all) {
    count(name, await requestCost(one, load, { warmMs: 100, measureMs: flags.number('warm-ms') }));
  }
  for (let window = 0; window < flags.number('windows'); window++) await costs(inTurn(all, window), share);
  // Two windows of each, at both ends of the turns.
  for (let window = 0; window < 2; window++) await latencies(inTurn(all, window), share);
  for (const { started } of all.values()) await started.stop();
  for (const name of names.filter((one) => !/ off$|^dd-trace$/.test(one))) {
    const owed = (answered.get(name) ?? 0) * Number(share);
    report.add(name, `${ARRIVED}, ${share}`, '', (await receivers.get(name)!.count()) / owed);
  }
}

function count(name: string, { answered: more }: { readonly answered: number }): void {
  answered.set(name, (answered.get(name) ?? 0) + more);
}

function inTurn(all: ReadonlyMap<string, Standing>, window: number): (readonly [string, Standing])[] {
  return window % 2 === 0 ? [...all] : [...all].reverse();
}

async function costs(all: readonly (readonly [string, Standing])[], share: string): Promise<void> {
  const micros: Record<string, number> = {};
  const rates: Record<string, number> = {};
  for (const [name, one] of all) {
    const cost = await requestCost(one, load, { warmMs: 100, measureMs: flags.number('measure-ms') });
    count(name, cost);
    micros[name] = cost.micros;
    rates[name] = cost.perSecond;
    report.add(name, `cpu a request, ${share} sampled`, 'us', cost.micros);
    report.add(name, `requests/s, ${share} sampled`, '/s', cost.perSecond);
  }
  for (const name of names.filter((one) => VARIANTS[one]?.flags || one === 'dd-trace')) {
    const off = VARIANTS[name]?.flags ? 'kf-cluster, off' : 'bare, off';
    report.add(name, `${KEPT}, ${share}`, '', rates[name]! / rates[off]!);
    if (micros.stock === undefined) continue;
    report.add(name, `${ADDED}, ${share}`, '', (micros[name]! - micros[off]!) / (micros.stock - micros['bare, off']!));
    report.add(name, `${TIMES}, ${share}`, '', rates[name]! / rates.stock!);
  }
}

async function latencies(all: readonly (readonly [string, Standing])[], share: string): Promise<void> {
  const p99: Record<string, number> = {};
  for (const [name, { port }] of all) {
    const late = await latency(port, load, { rate: flags.number('rate'), measureMs: flags.number('latency-ms') });
    count(name, late);
    p99[name] = late.p99;
    report.add(name, `p99 at ${flags.number('rate')}/s, ${share} sampled`, 'ms', late.p99);
  }
  for (const name of names.filter((one) => !/ off$/.test(one))) {
    const off = VARIANTS[name]?.name === 'kf-cluster' ? 'kf-cluster, off' : 'bare, off';
    report.add(name, `${LATE}, ${share}`, '', p99[name]! / p99[off]!);
  }
}

function standOne(variant: string, share: string): Promise<Standing> {
  const { name, tracing, flags: own, env } = VARIANTS[variant]!;
  const [contender] = contenders([name]);
  return stand(contender!, {
    workers: flags.workers,
    endpoint: receivers.get(variant)!.url,
    tracing,
    flags: own ?? [],
    env: { OTEL_TRACES_SAMPLER: 'traceidratio', OTEL_TRACES_SAMPLER_ARG: share, DD_TRACE_SAMPLE_RATE: share, ...env },
    plainHandler: true,
  });
}
