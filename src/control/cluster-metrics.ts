import { WHY_DRAINED } from '../contract/connection-report.js';
import type { ItemAccount } from '../contract/item-account.js';
import type { WorkerStats } from '../contract/messages.js';
import { PHASES } from '../contract/phases.js';
import type { Status } from '../contract/status.js';
import type { ControlContext } from './control-context.js';
import type { Counters, ItemTotals, Totals } from './counters.js';
import { mergeExpositions } from './exposition.js';

/** A worker that has answered. */
interface Live {
  readonly labels: { readonly slot: number; readonly generation: number };
  readonly own: WorkerStats;
}

type Sample = readonly [labels: Readonly<Record<string, string | number>>, value: number];

/** What every family is made from. */
interface View {
  readonly live: readonly Live[];
  readonly totals: Totals;
  readonly supervisor: ControlContext['supervisor'];
  readonly output: ControlContext['output'];
  readonly status: Status;
}

type FamilyRow = readonly [name: string, type: 'gauge' | 'counter', help: string, samples: (view: View) => Sample[]];

const one = (value: number): Sample[] => [[{}, value]];
const each =
  (value: (own: WorkerStats) => number) =>
  ({ live }: View): Sample[] =>
    live.map(({ labels, own }) => [labels, value(own)]);
const counted = (name: string, counts: ReadonlyMap<string, number>) =>
  [...counts].map(([key, value]): Sample => [{ [name]: key }, value]);
// All of them, so that a rate over one exists before its first event.
const byPhase = ({ status: { workers } }: View) =>
  PHASES.map((phase): Sample => [{ phase }, workers.filter((worker) => worker.phase === phase).length]);
const drained = ({ supervisor }: View) =>
  WHY_DRAINED.map((why): Sample => [{ why }, supervisor.connections().drained[why] ?? 0]);

/** One metric a row, in the order of the text. Those of logs are further down. */
const FAMILIES: readonly FamilyRow[] = [
  ['workers', 'gauge', 'Workers by phase.', byPhase],
  ['workers_wanted', 'gauge', 'How many workers there should be.', ({ status }) => one(status.target)],
  ['generation', 'gauge', 'The generation that serves.', ({ status }) => one(status.generation)],
  ['worker_exits_total', 'counter', 'Workers that ended, by reason.', ({ totals }) => counted('reason', totals.exits)],
  ['reloads_total', 'counter', 'Reloads by outcome.', ({ totals }) => counted('outcome', totals.reloads)],
  [
    'bad_messages_total',
    'counter',
    'Messages of workers that were dropped as none of ours.',
    ({ supervisor }) => one(supervisor.faults().badMessages),
  ],
  [
    'primary_errors_total',
    'counter',
    'Errors that were thrown in the primary, and that it has survived.',
    ({ supervisor }) => one(supervisor.faults().survived),
  ],
  [
    'log_lines_dropped_total',
    'counter',
    'Lines of output that nobody took.',
    ({ output }) => one(output.state().dropped.lines),
  ],
  ['requests_total', 'counter', 'HTTP/1 requests begun.', ({ totals }) => one(totals.requests)],
  ['requests_in_flight', 'gauge', 'HTTP/1 requests not answered yet.', each((own) => own.inFlight)],
  ['connections', 'gauge', 'Open connections.', each((own) => own.connections)],
  [
    'connections_moved_total',
    'counter',
    'Open connections that another worker took over.',
    ({ supervisor }) => one(supervisor.connections().moved),
  ],
  [
    'connections_drained_total',
    'counter',
    'Connections that ended with their worker where others moved, by reason.',
    drained,
  ],
  [
    'event_loop_delay_p99_seconds',
    'gauge',
    'Delay of the event loop, 99th percentile.',
    each((own) => own.loopDelayP99 / 1_000),
  ],
  ['worker_cpu_seconds', 'gauge', 'CPU time since the fork.', each((own) => own.cpuSeconds)],
  ['worker_resident_bytes', 'gauge', 'Resident memory.', each((own) => own.rss)],
  ['spans_pending', 'gauge', 'Spans whose fate is open.', each((own) => own.spans?.pending ?? 0)],
  ['spans_spooled', 'gauge', 'Spans on disk, not acknowledged.', each((own) => own.spans?.spooled ?? 0)],
  [
    'spans_total',
    'counter',
    'Spans that ended or were recovered, by what became of them.',
    ({ totals }) => byState(totals.spans),
  ],
  [
    'spans_held',
    'gauge',
    'Spans that wait because the collector refuses everything.',
    each((own) => heldIn(own.spans)),
  ],
  [
    'spans_resent_total',
    'counter',
    'Spans sent again because no answer came in time.',
    ({ totals }) => one(totals.spans.resent ?? 0),
  ],
];

/** The state of a supervisor in the Prometheus text format 0.0.4. Asks the workers: half a second at most. */
export async function metricsText({ supervisor, output }: ControlContext, counters: Counters): Promise<string> {
  const [stats, exposed] = await Promise.all([supervisor.ask('stats'), supervisor.ask('metrics')]);
  const status = supervisor.status();
  const totals = counters.totals(stats);
  const live = labelled(status, stats).map(([labels, own]): Live => ({ labels, own }));
  const view = { live, totals, supervisor, output, status };
  const own = FAMILIES.map(([name, type, help, samples]) => family(name, type, help, samples(view))).join('');
  const texts = labelled(status, exposed).map(([labels, text]) => ({ labels, text }));
  return own + (totals.logs ? logFamilies(live, totals.logs) : '') + mergeExpositions(texts);
}

/** What each worker has answered, by the number of its fork; those that have nothing to say are left out. */
function labelled<T>({ workers }: Status, answers: ReadonlyMap<number, T>): [Live['labels'], T][] {
  return workers.flatMap(({ id, slot, generation }) => {
    const answer = answers.get(id);
    return answer ? [[{ slot, generation }, answer] as [Live['labels'], T]] : [];
  });
}

/** All that waits, while a refusal holds it. */
function heldIn(items: ItemAccount | undefined): number {
  return items?.held === undefined ? 0 : items.spooled + items.pending;
}

/** Only once a worker sends logs. */
function logFamilies(live: readonly Live[], totals: ItemTotals): string {
  const held = (state: 'pending' | 'spooled') =>
    live.map(({ labels, own }): Sample => [labels, own.spans?.logs?.[state] ?? 0]);
  return [
    family('log_records_pending', 'gauge', 'Log records whose fate is open.', held('pending')),
    family('log_records_spooled', 'gauge', 'Log records on disk, not acknowledged.', held('spooled')),
    family(
      'log_records_total',
      'counter',
      'Log records that came or were recovered, by what became of them.',
      byState(totals),
    ),
    family(
      'log_records_held',
      'gauge',
      'Log records that wait because the collector refuses everything.',
      live.map(({ labels, own }): Sample => [labels, heldIn(own.spans?.logs)]),
    ),
    family('log_records_resent_total', 'counter', 'Log records sent again because no answer came in time.', [
      [{}, totals.resent ?? 0],
    ]),
  ].join('');
}

function byState(items: ItemTotals): Sample[] {
  return [
    ...(['ended', 'recovered', 'exported', 'rejected'] as const).map((state): Sample => [{ state }, items[state]]),
    ...Object.entries(items.dropped).map(([cause, count]): Sample => [{ state: 'dropped', cause }, count]),
  ];
}

function family(name: string, type: 'gauge' | 'counter', help: string, samples: readonly Sample[]): string {
  const full = `kf_cluster_${name}`;
  const lines = samples.map(([labels, value]) => `${full}${labelsOf(labels)} ${value}\n`);
  return `# HELP ${full} ${help}\n# TYPE ${full} ${type}\n${lines.join('')}`;
}

function labelsOf(labels: Sample[0]): string {
  const pairs = Object.entries(labels).map(([key, value]) => `${key}="${value}"`);
  return pairs.length === 0 ? '' : `{${pairs.join(',')}}`;
}
