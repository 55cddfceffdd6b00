import { paint } from '../contract/color.js';
import { counted } from '../contract/counted.js';
import { visible } from '../contract/visible.js';
import type { RunReport } from '../run/run.js';
import type { LintRow } from './page-api.js';
import { REFUSALS } from './refusals.js';
import type { Counts, WorkerCount } from './span-counts.js';

/** What the lints have found, a line each; nothing where they found nothing. The page has the why and traces that show it. */
export function renderLints(lints: readonly LintRow[], color: boolean): string {
  const lines = lints.map(({ id, severity, what, fix }) => {
    const mark = paint(severity, severity === 'error' ? 'red' : 'dim', color);
    return `lint ${mark} ${id}: ${visible(what)}; fix: ${visible(fix)}\n`;
  });
  return lines.length === 0 ? '' : `\n${lines.join('')}`;
}

/** The table at the end of `kf-cluster dev`: what each worker says it ended beside what arrived. */
export function renderSummary(reports: readonly RunReport[], counts: Counts, color: boolean): string {
  const rows = [...reports.map((report) => reportedRow(report, counts)), ...silentRows(reports, counts)].sort(
    (a, b) => (a.slot ?? Number.POSITIVE_INFINITY) - (b.slot ?? Number.POSITIVE_INFINITY) || a.pid - b.pid,
  );
  const total = (key: 'requests' | 'ended' | 'received' | 'lost') => sum(rows.map((row) => row[key] ?? 0));
  // "Nothing was lost" is said only when every worker has reported.
  const lost = total('lost') === 0 && rows.some(isUnaccounted) ? undefined : total('lost');
  const head = ['', 'requests', 'spans ended', 'received', 'lost'];
  const cells = [
    head,
    ...rows.map((row) => [row.name, show(row.requests), show(row.ended), show(row.received), show(row.lost)]),
    ['total', show(total('requests')), show(total('ended')), show(total('received')), show(lost)],
  ];
  const widths = head.map((_, column) => Math.max(...cells.map((row) => row[column]?.length ?? 0)));
  const lines = cells.map((row, index) => {
    const padded = row.map((cell, column) =>
      column === 0 ? cell.padEnd(widths[0] ?? 0) : cell.padStart(widths[column] ?? 0),
    );
    const [, , , , lostHere = ''] = padded;
    if (index > 0) padded[4] = paint(lostHere, row[4] === '0' ? 'green' : row[4] === '?' ? 'dim' : 'red', color);
    return padded.join('  ');
  });
  return `\n${[...lines, ...notes(rows, counts)].join('\n')}\n`;
}

interface Row {
  readonly name: string;
  readonly slot: number | undefined;
  readonly pid: number;
  /** Undefined: the worker ended without a word. */
  readonly requests: number | undefined;
  readonly ended: number | undefined;
  readonly received: number;
  readonly lost: number | undefined;
}

function reportedRow(report: RunReport, counts: Counts): Row {
  const received = sum(counts.workers.filter((worker) => isSame(worker, report)).map((worker) => worker.received));
  const { slot, pid, requests, spans } = report;
  const ended = spans?.ended;
  // What waits in the spool is late, not lost.
  const lost = ended === undefined ? undefined : Math.max(0, ended - received - (spans?.spooled ?? 0));
  return { name: `worker ${slot} (pid ${pid})`, slot, pid, requests, ended, received, lost };
}

/** Senders that never reported: a worker that was killed, or somebody else on this machine. */
function silentRows(reports: readonly RunReport[], counts: Counts): Row[] {
  return counts.workers
    .filter((worker) => !reports.some((report) => isSame(worker, report)))
    .map(({ slot, pid = 0, received }) => {
      const name = slot === undefined ? `other sender (pid ${pid || '?'})` : `worker ${slot} (pid ${pid})`;
      return { name, slot, pid, requests: undefined, ended: undefined, received, lost: undefined };
    });
}

function isSame(worker: WorkerCount, report: RunReport): boolean {
  const byId = worker.instanceId !== '' && report.instanceId !== undefined;
  return byId ? worker.instanceId === report.instanceId : worker.pid === report.pid;
}

function notes(rows: readonly Row[], counts: Counts): string[] {
  const silent = rows.filter(isUnaccounted).length;
  const { refusals, unread = 0 } = counts;
  const refused = REFUSALS.filter((reason) => (refusals?.[reason] ?? 0) > 0);
  const reasons = refused.map((reason) => `${refusals?.[reason]} ${reason}`).join(', ');
  return [
    ...(counts.duplicates > 0 ? [`${counted(counts.duplicates, 'span')} came more than once`] : []),
    ...(refused.length > 0 ? [`requests that were not taken: ${reasons}`] : []),
    ...(unread > 0 ? [`${counted(unread, 'line')} not printed: nobody read them`] : []),
    ...(silent > 0 ? [`${counted(silent, 'worker')} ended without an account: what was lost there is not known`] : []),
  ];
}

/** A worker of ours that was killed before it could say what it ended. */
function isUnaccounted(row: Row): boolean {
  return row.ended === undefined && row.slot !== undefined;
}

function show(value: number | undefined): string {
  return value === undefined ? '?' : String(value);
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
