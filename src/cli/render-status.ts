import { type Color, paint } from '../contract/color.js';
import { describeConnections } from '../contract/connection-report.js';
import type { FullStatus, FullWorkerStatus } from '../contract/control-protocol.js';
import { counted } from '../contract/counted.js';
import { partsOf } from '../contract/item-account.js';
import type { Phase } from '../contract/phases.js';
import { visible } from '../contract/visible.js';
import { cut, flow } from './display-width.js';
import type { Screen } from './screen.js';
import { age, type Column, table } from './text-table.js';
import { figuresOf } from './worker-figures.js';

type Row = FullWorkerStatus & { readonly figures: ReturnType<typeof figuresOf> };

/** What asks for a look; a phase that does not has no colour. */
export const PHASE_COLORS: Readonly<Record<Phase, Color | undefined>> = {
  starting: 'yellow',
  ready: 'green',
  draining: 'yellow',
  backoff: 'red',
  failed: 'red',
  done: undefined,
};

/** The columns of the table, in order. On a narrow terminal they are left out in the order of `leave` (docs/CONTROL.md). */
export const STATUS_COLUMNS: readonly Column<Row>[] = [
  { title: 'SLOT', right: true, cell: ({ slot }) => String(slot) },
  { title: 'GEN', right: true, leave: 2, cell: ({ generation }) => String(generation) },
  { title: 'PID', right: true, cell: ({ pid }) => String(pid ?? '-') },
  { title: 'PHASE', cell: ({ phase }) => phase, color: ({ phase }) => PHASE_COLORS[phase] },
  { title: 'UPTIME', leave: 6, cell: ({ uptimeMs }) => age(uptimeMs) },
  {
    title: 'RESTARTS',
    leave: 10,
    cell: ({ restarts, lastReason }) => (lastReason ? `${restarts} (${lastReason})` : String(restarts)),
    brief: ({ restarts }) => String(restarts),
  },
  { title: 'IN FLIGHT', right: true, leave: 3, cell: ({ figures }) => figures.inFlight },
  { title: 'REQUESTS', right: true, leave: 7, cell: ({ figures }) => figures.requests },
  { title: 'CONNS', right: true, leave: 1, cell: ({ figures }) => figures.connections },
  { title: 'LOOP P99', right: true, leave: 4, cell: ({ figures }) => figures.loop },
  { title: 'CPU', right: true, leave: 8, cell: ({ figures }) => figures.cpu },
  { title: 'RSS', right: true, leave: 9, cell: ({ figures }) => figures.rss },
  { title: 'SPANS', leave: 5, cell: ({ figures }) => figures.spans, brief: ({ figures }) => figures.spansBriefly },
];

export function renderStatus(now: FullStatus, screen: Screen): string {
  const { workers, connections } = now;
  const rows = workers.map((one) => ({ ...one, figures: figuresOf(one) }));
  const moved = describeConnections(connections);
  const left = moved ? `\n${sentence(`connections of workers that have left: ${moved}`, screen)}` : '';
  return `${renderHead(now, screen)}${renderOutput(now, screen)}${renderHeld(workers, screen)}\n${table(STATUS_COLUMNS, rows, screen)}${left}`;
}

function renderHead(
  { name, pid, phase, generation, script, target, uptimeMs, build, node }: FullStatus,
  { columns }: Screen,
) {
  const parts = [`pid ${pid}`, phase, `generation ${generation}`, counted(target, 'worker'), `up ${age(uptimeMs)}`];
  const head = [cut(visible(name), columns, 'end'), ...parts, cut(visible(script), columns, 'start')];
  const software = [`kf-cluster ${visible(build)},`, `node ${visible(node)}`];
  return `${flow(head, '  ', columns)}\n${flow(software, ' ', columns)}\n`;
}

/** Nothing, unless a collector refuses everything. */
function renderHeld(workers: readonly FullWorkerStatus[], screen: Screen): string {
  const parts = workers.flatMap(({ stats }) => (stats?.spans ? partsOf(stats.spans) : []));
  const held = parts.filter((part) => part.held !== undefined);
  if (held.length === 0) return '';
  const items = held.reduce((sum, { spooled, pending }) => sum + spooled + pending, 0);
  const why = [...new Set(held.map((part) => visible(part.held ?? '')))].join('; ');
  const advice = `${items} items wait: check the key in the headers, the endpoint and its path`;
  return paint(sentence(`TELEMETRY IS REFUSED: ${why}. ${advice}`, screen), 'red', screen.color);
}

/** Nothing, unless something is wrong with it or was lost. */
function renderOutput({ output: { problem, dropped } }: FullStatus, screen: Screen): string {
  const parts = [
    ...(dropped.lines > 0 ? [`${dropped.lines} lines (${dropped.bytes} bytes) dropped`] : []),
    ...(problem === undefined ? [] : [visible(problem)]),
  ];
  return parts.length === 0 ? '' : sentence(`output: ${parts.join('; ')}`, screen);
}

function sentence(text: string, { columns }: Screen): string {
  return `${flow(text.split(' '), ' ', columns)}\n`;
}
