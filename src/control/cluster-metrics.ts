import { WHY_DRAINED } from '../contract/connection-report.js';
import type { ItemAccount } from '../contract/item-account.js';
import type { WorkerStats } from '../contract/messages.js';
import { PHASES } from '../contract/phases.js';
import type { ControlContext } from './control-context.js';
import type { Counters, ItemTotals } from './counters.js';
import { mergeExpositions } from './exposition.js';

/** A worker that has answered. */
interface Live {
  readonly labels: { readonly slot: number; readonly generation: number };
  readonly own: WorkerStats;
}

type Sample = readonly [labels: Readonly<Record<string, string | number>>, value: number];

/** The state of a supervisor in the Prometheus text format 0.0.4. Asks the workers: half a second at most. */
export async function metricsText({ supervisor, output }: ControlContext, counters: Counters): Promise<string> {
  const [stats, exposed] = await Promise.all([supervisor.ask('stats'), supervisor.ask('metrics')]);
  const { workers, generation, target } = supervisor.status();
  const totals = counters.totals(stats);
  const live = workers.flatMap((one): Live[] => {
    const own = stats.get(one.id);
    return own ? [{ labels: { slot: one.slot, generation: one.generation }, own }] : [];
  });
  const each = (value: (own: WorkerStats) => number): Sample[] => live.map(({ labels, own }) => [labels, value(own)]);
  // All of them, so that a rate over one exists before its first event.
  const byPhase = PHASES.map((phase): Sample => [{ phase }, workers.filter((one) => one.phase === phase).length]);
  const counted = (name: string, counts: ReadonlyMap<string, number>) =>
    [...counts].map(([key, value]): Sample => [{ [name]: key }, value]);
  const own = [
    family('workers', 'gauge', 'Workers by phase.', byPhase),
    family('workers_wanted', 'gauge', 'How many workers there should be.', [[{}, target]]),
    family('generation', 'gauge', 'The generation that serves.', [[{}, generation]]),
    family('worker_exits_total', 'counter', 'Workers that ended, by reason.', counted('reason', totals.exits)),
    family('reloads_total', 'counter', 'Reloads by outcome.', counted('outcome', totals.reloads)),
    family('bad_messages_total', 'counter', 'Messages of workers that were dropped as none of ours.', [
      [{}, supervisor.faults().badMessages],
    ]),
    family('primary_errors_total', 'counter', 'Errors that were thrown in the primary, and that it has survived.', [
      [{}, supervisor.faults().survived],
    ]),
    family('log_lines_dropped_total', 'counter', 'Lines of output that nobody took.', [
      [{}, output.state().dropped.lines],
    ]),
    family('requests_total', 'counter', 'HTTP/1 requests begun.', [[{}, totals.requests]]),
    family(
      'requests_in_flight',
      'gauge',
      'HTTP/1 requests not answered yet.',
      each((own) => own.inFlight),
    ),
    family(
      'connections',
      'gauge',
      'Open connections.',
      each((own) => own.connections),
    ),
    family('connections_moved_total', 'counter', 'Open connections that another worker took over.', [
      [{}, supervisor.connections().moved],
    ]),
    family(
      'connections_drained_total',
      'counter',
      'Connections that ended with their worker where others moved, by reason.',
      WHY_DRAINED.map((why): Sample => [{ why }, supervisor.connections().drained[why] ?? 0]),
    ),
    family(
      'event_loop_delay_p99_seconds',
      'gauge',
      'Delay of the event loop, 99th percentile.',
      each((own) => own.loopDelayP99 / 1_000),
    ),
    family(
      'worker_cpu_seconds',
      'gauge',
      'CPU time since the fork.',
      each((own) => own.cpuSeconds),
    ),
    family(
      'worker_resident_bytes',
      'gauge',
      'Resident memory.',
      each((own) => own.rss),
    ),
    family(
      'spans_pending',
      'gauge',
      'Spans whose fate is open.',
      each((own) => own.spans?.pending ?? 0),
    ),
    family(
      'spans_spooled',
      'gauge',
      'Spans on disk, not acknowledged.',
      each((own) => own.spans?.spooled ?? 0),
    ),
    family(
      'spans_total',
      'counter',
      'Spans that ended or were recovered, by what became of them.',
      byState(totals.spans),
    ),
    family(
      'spans_held',
      'gauge',
      'Spans that wait because the collector refuses everything.',
      each((own) => heldIn(own.spans)),
    ),
    family('spans_resent_total', 'counter', 'Spans sent again because no answer came in time.', [
      [{}, totals.spans.resent ?? 0],
    ]),
    totals.logs ? logFamilies(live, totals.logs) : '',
  ].join('');
  const texts = workers.flatMap(({ id, slot, generation }) => {
    const text = exposed.get(id);
    return text ? [{ labels: { slot, generation }, text }] : [];
  });
  return own + mergeExpositions(texts);
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
