import { setTimeout as delay } from 'node:timers/promises';
import type { Contender, Setting, Started } from './contender.js';
import type { createLoad, Window } from './load.js';
import { freePort } from './net.js';
import { cpuOf } from './proc.js';

type Load = ReturnType<typeof createLoad>;

interface RequestCost {
  /** Processor time of the workers a request. */
  readonly micros: number;
  readonly perSecond: number;
  /** Those before and behind the measured window too: each has a span where it is sampled. */
  readonly answered: number;
}

/** A contender that stands while others do, so that they can take turns in short windows. */
export interface Standing {
  readonly started: Started;
  readonly port: number;
}

/** The app answers at once. */
export async function stand(
  contender: Contender,
  setting: Omit<Setting, 'port' | 'careful' | 'handlerMs'>,
): Promise<Standing> {
  const port = await freePort();
  const started = await contender.start({ ...setting, port, careful: true, handlerMs: 0 });
  await started.allListening();
  return { started, port };
}

/** What a request costs a contender's workers while keep-alive clients ask as fast as they can. */
export async function requestCost(
  { started, port }: Standing,
  load: Load,
  { warmMs, measureMs }: { readonly warmMs: number; readonly measureMs: number },
): Promise<RequestCost> {
  const pids = started.workers();
  await load.start([{ port, kind: 'keep-alive', rate: 0, connections: 32, hangMs: 5000 }], 'warm');
  await delay(warmMs);
  await load.phase('measure');
  const before = cpuOf(pids);
  await delay(measureMs);
  await load.phase('rest');
  const spent = cpuOf(pids) - before;
  const phases = (await load.stop())['keep-alive']!;
  const { ok, seconds } = phases.measure!;
  return { micros: (spent * 1000) / ok, perSecond: ok / seconds, answered: answeredIn(phases) };
}

/** The 99th percentile at a rate that leaves the worker time, in milliseconds from when a request was due. */
export async function latency(
  port: number,
  load: Load,
  { rate, measureMs }: { readonly rate: number; readonly measureMs: number },
): Promise<{ readonly p99: number; readonly answered: number }> {
  await load.start([{ port, kind: 'keep-alive', rate, connections: 32, hangMs: 5000 }], 'warm');
  await delay(200);
  await load.phase('measure');
  await delay(measureMs);
  await load.phase('rest');
  const phases = (await load.stop())['keep-alive']!;
  return { p99: phases.measure!.p99, answered: answeredIn(phases) };
}

function answeredIn(phases: Readonly<Record<string, Window>>): number {
  return Object.values(phases).reduce((sum, { ok }) => sum + ok, 0);
}
