import { setTimeout as delay, setImmediate } from 'node:timers/promises';
import { createPipeline, type Pipeline } from './pipeline.js';
import type { CpuWork, SpansReply, SpansWork, SustainedWork } from './spans.js';

// One pipeline, worked in a process of its own: what another has compiled or left behind must not show.

const SETTLE_MS = 20_000;
/** Half of the batch processor's queue, two of its batches. */
const MOST_OPEN = 1024;

const work = JSON.parse(process.argv[2]!) as SpansWork;
const pipeline = createPipeline(work.variant, work.url);
const value = work.type === 'cpu' ? await cpu(work, pipeline) : await sustained(work, pipeline);
pipeline.close();
process.send?.({ value } satisfies SpansReply, () => process.exit(0));

/** Microseconds of processor time of the whole process for each span, from its start to its acknowledgement. */
async function cpu({ spans, perTurn, warmUp }: CpuWork, { tracer, acknowledged, settle }: Pipeline): Promise<number> {
  let ended = 0;
  const run = async (total: number) => {
    for (let turn = 0; turn * perTurn < total; turn++) {
      end(tracer, perTurn);
      ended += perTurn;
      // Ten busy turns, then a pause: a server under load.
      await (turn % 10 === 9 ? delay(1) : setImmediate());
      // The stock queue must not overflow: what it drops costs less than what it sends.
      while (ended - acknowledged() > MOST_OPEN) await delay(1);
    }
    if (!(await settle(ended, SETTLE_MS))) throw new Error(`${work.variant} lost spans: its figure would mean nothing`);
  };
  // A worker lives for hours: compiling the pipeline is no part of its cost per span.
  await run(warmUp);
  const before = process.cpuUsage();
  await run(spans);
  const { user, system } = process.cpuUsage(before);
  return (user + system) / spans;
}

/** The highest rate of the ladder, spans a second, at which every span was acknowledged and no backlog was left. */
async function sustained(work: SustainedWork, pipeline: Pipeline): Promise<number> {
  let best = 0;
  for (const rate of work.rates) {
    // Once more: a pause of the machine is no limit of the pipeline.
    if (!(await holds(rate, work, pipeline)) && !(await holds(rate, work, pipeline))) return best;
    best = rate;
  }
  return best;
}

async function holds(
  rate: number,
  { ms, settleMs }: SustainedWork,
  { tracer, acknowledged, settle }: Pipeline,
): Promise<boolean> {
  const before = acknowledged();
  const total = Math.round((rate * ms) / 1000);
  const start = performance.now();
  let ended = 0;
  while (ended < total) {
    const due = Math.min(total, Math.floor(((performance.now() - start) * rate) / 1000));
    end(tracer, due - ended);
    ended = due;
    await delay(1);
    // It cannot even end so many.
    if (performance.now() - start > ms * 1.2) break;
  }
  const inTime = ended === total;
  const whole = await settle(before + ended, settleMs);
  // What is still on its way must not count for the next rate.
  await settle(before + ended, SETTLE_MS / 4);
  return inTime && whole;
}

function end(tracer: Pipeline['tracer'], count: number): void {
  for (let i = 0; i < count; i++) {
    const attributes = { 'http.request.method': 'GET', 'url.path': '/some/path', 'http.response.status_code': 200 };
    tracer.startSpan('GET /some/path', { kind: 1, attributes }).end();
  }
}
