import { readFlags, say } from './lib/flags.js';
import { createLoad } from './lib/load.js';
import { contenders } from './lib/peers.js';
import { VARIANTS, type Variant } from './lib/pipeline.js';
import { startReceiver } from './lib/receiver.js';
import { Report } from './lib/report.js';
import { requestCost, stand } from './lib/request-cost.js';
import { measureSpans } from './lib/spans.js';

// What delivery costs: processor time for each span from its start to its acknowledgement, requests a second with
// tracing on, and the spans a second that are sustained without a drop while the collector takes its time. The stock
// pipeline (BatchSpanProcessor and OTLP/gRPC exporter, same batch settings) and each of our modes, interleaved.
// Flags: --parts cpu,requests,sustained --rounds 5 --spans 50000 --measure-ms 1500 --sustain-ms 3000 --workers 2 --json

const flags = readFlags(
  { rounds: 5, contenders: VARIANTS },
  { spans: 50_000, 'measure-ms': 1500, 'sustain-ms': 3000 },
  { parts: 'cpu,requests,sustained' },
);
const parts = flags.text('parts').split(',');
const variants = VARIANTS.filter((variant) => flags.contenders.includes(variant));
/** Spans that end in one turn of the event loop: of a server under load, and of one that has little to do. */
const TURNS = [10, 2] as const;
const LATENCIES = [0, 20, 100] as const;
const RATES = Array.from({ length: 12 }, (_, step) => Math.round(1500 * 1.5 ** step));
const LIMITS: Partial<Record<Variant, number>> = { spool: 1, 'journal per batch': 1.15, 'journal per span': 1.6 };

const report = new Report('overhead: what delivery costs');
const receiver = await startReceiver();
const load = createLoad();
for (let round = 0; round < flags.rounds; round++) {
  say(`round ${round + 1} of ${flags.rounds}`);
  for (const variant of variants) {
    if (parts.includes('cpu')) await cpu(variant);
    if (parts.includes('requests')) await requests(variant);
    // Minutes for each round, and a ladder has no decimals to average.
    if (parts.includes('sustained') && round === 0) await sustained(variant);
  }
}
for (const variant of variants) bars(variant);
load.close();
receiver.close();
report.finish(flags.json);

async function cpu(variant: Variant): Promise<void> {
  for (const perTurn of TURNS) {
    await receiver.begin(false);
    const spans = flags.number('spans');
    const micros = await measureSpans({ type: 'cpu', variant, url: receiver.url, spans, perTurn, warmUp: spans });
    report.add(variant, cpuFigure(perTurn), 'us', micros);
  }
}

/** The app that answers at once, two spans for each request; stock runs below bare node:cluster. */
async function requests(variant: Variant): Promise<void> {
  await receiver.begin(false);
  const [contender] = contenders([variant === 'stock' ? 'cluster' : 'kf-cluster-manual']);
  const setting = { workers: flags.workers, endpoint: receiver.url, tracing: true, flags: flagsOf(variant) };
  const times = { warmMs: 700, measureMs: flags.number('measure-ms') };
  const standing = await stand(contender!, setting);
  const { micros, perSecond } = await requestCost(standing, load, times);
  await standing.started.stop();
  report.add(variant, 'requests/s, tracing on', '/s', perSecond);
  report.add(variant, 'cpu a request, tracing on', 'us', micros);
}

function flagsOf(variant: Variant): string[] {
  if (variant === 'upstream') return ['--otlp-transport', 'upstream'];
  if (variant === 'journal per span') return ['--delivery', 'journal', '--journal-per', 'span'];
  return ['--delivery', variant === 'journal per batch' ? 'journal' : variant];
}

async function sustained(variant: Variant): Promise<void> {
  for (const latency of LATENCIES) {
    await receiver.begin(false, latency);
    const common = { variant, url: receiver.url, rates: RATES, ms: flags.number('sustain-ms') };
    const rate = await measureSpans({ type: 'sustained', ...common, settleMs: 1000 + 2 * latency });
    say(`${variant}: ${rate} spans/s at ${latency} ms`);
    report.add(variant, sustainedFigure(latency), '/s', rate);
  }
}

function bars(variant: Variant): void {
  const limit = LIMITS[variant];
  // Two spans a turn are reported, not judged: the bar was set for a server under load.
  if (limit !== undefined) report.against(variant, 'stock', cpuFigure(TURNS[0]), '<=', limit);
  if (variant !== 'stock') report.against(variant, 'stock', sustainedFigure(100), '>=', 3);
}

function cpuFigure(perTurn: number): string {
  return `cpu a span, ${perTurn} a turn`;
}

function sustainedFigure(latency: number): string {
  return `spans/s sustained, collector at ${latency} ms`;
}
