import { describeConnections } from '../contract/connection-report.js';
import type { FullStatus, FullWorkerStatus } from '../contract/control-protocol.js';
import { counted } from '../contract/counted.js';
import { droppedOf, partsOf } from '../contract/item-account.js';
import { renderStall } from '../contract/stall.js';
import { visible } from '../contract/visible.js';
import { completeStatus } from '../control/complete-status.js';
import { slotOf } from './control-flags.js';
import { print } from './print.js';
import { type Argument, remote } from './remote.js';
import { age, megabytes, table } from './text-table.js';

/** How often --watch looks, in milliseconds. */
export const EVERY = 1_000;
export const CLEAR = '\u001b[H\u001b[2J';

/** `kf-cluster status` */
export async function status(argv: Argument): Promise<number> {
  for (;;) {
    const supervisor = await remote(argv);
    const now = completeStatus(await supervisor.call<FullStatus>({ path: '/v1/status' }));
    const text = argv.json === true ? `${JSON.stringify(now)}\n` : renderStatus(now);
    await print(argv.watch === true && process.stdout.isTTY ? CLEAR + text : text);
    if (argv.watch !== true) return 0;
    await new Promise((resolve) => setTimeout(resolve, EVERY));
  }
}

/** `kf-cluster describe <slot>`; or of a whole app by its name, as pm2 has it. */
export async function describe(argv: Argument): Promise<number> {
  const isName = !/^\d+$/.test(String(argv.slot));
  if (isName && argv.supervisor === undefined) return status({ ...argv, supervisor: argv.slot });
  const wanted = slotOf(argv.slot);
  const supervisor = await remote(argv);
  const { workers } = await supervisor.call<FullStatus>({ path: '/v1/status' });
  const here = workers.filter(({ slot }) => slot === wanted);
  if (here.length === 0) {
    const { KfError } = await import('../contract/errors.js');
    throw new KfError('BAD_REQUEST', `there is no slot ${wanted}`, `slots are 0 to ${workers.length - 1}`);
  }
  await print(argv.json === true ? `${JSON.stringify(here)}\n` : here.map(renderWorker).join('\n'));
  return 0;
}

/** The columns of the table, in order. */
const COLUMNS: readonly {
  readonly title: string;
  readonly right?: true;
  readonly cell: (one: FullWorkerStatus, figures: ReturnType<typeof figuresOf>) => string;
}[] = [
  { title: 'SLOT', right: true, cell: ({ slot }) => String(slot) },
  { title: 'GEN', right: true, cell: ({ generation }) => String(generation) },
  { title: 'PID', right: true, cell: ({ pid }) => String(pid ?? '-') },
  { title: 'PHASE', cell: ({ phase }) => phase },
  { title: 'UPTIME', cell: ({ uptimeMs }) => age(uptimeMs) },
  {
    title: 'RESTARTS',
    cell: ({ restarts, lastReason }) => (lastReason ? `${restarts} (${lastReason})` : String(restarts)),
  },
  { title: 'IN FLIGHT', right: true, cell: (_one, { inFlight }) => inFlight },
  { title: 'REQUESTS', right: true, cell: (_one, { requests }) => requests },
  { title: 'CONNS', right: true, cell: (_one, { connections }) => connections },
  { title: 'LOOP P99', right: true, cell: (_one, { loop }) => loop },
  { title: 'CPU', right: true, cell: (_one, { cpu }) => cpu },
  { title: 'RSS', right: true, cell: (_one, { rss }) => rss },
  { title: 'SPANS', cell: (_one, { spans }) => spans },
];

function renderStatus(now: FullStatus): string {
  const { name, pid, phase, generation, script, workers, target, uptimeMs } = now;
  const software = `kf-cluster ${visible(now.build)}, node ${visible(now.node)}\n`;
  const head = `${visible(name)}  pid ${pid}  ${phase}  generation ${generation}  ${counted(target, 'worker')}  up ${age(uptimeMs)}  ${visible(script)}\n`;
  const moved = describeConnections(now.connections);
  const left = moved ? `\nconnections of workers that have left: ${moved}\n` : '';
  return `${head}${software}${renderOutput(now)}${renderHeld(workers)}\n${renderTable(workers)}${left}`;
}

/** Nothing, unless a collector refuses everything. */
function renderHeld(workers: readonly FullWorkerStatus[]): string {
  const parts = workers.flatMap(({ stats }) => (stats?.spans ? partsOf(stats.spans) : []));
  const held = parts.filter((part) => part.held !== undefined);
  if (held.length === 0) return '';
  const items = held.reduce((sum, { spooled, pending }) => sum + spooled + pending, 0);
  const why = [...new Set(held.map((part) => visible(part.held ?? '')))].join('; ');
  return `TELEMETRY IS REFUSED: ${why}. ${items} items wait: check the key in the headers, the endpoint and its path\n`;
}

/** Nothing, unless something is wrong with it or was lost. */
function renderOutput({ output: { problem, dropped } }: FullStatus): string {
  const parts = [
    ...(dropped.lines > 0 ? [`${dropped.lines} lines (${dropped.bytes} bytes) dropped`] : []),
    ...(problem === undefined ? [] : [visible(problem)]),
  ];
  return parts.length === 0 ? '' : `output: ${parts.join('; ')}\n`;
}

function renderTable(workers: readonly FullWorkerStatus[]): string {
  const rows = workers.map((one) => {
    const figures = figuresOf(one);
    return COLUMNS.map(({ cell }) => cell(one, figures));
  });
  const right = new Set(COLUMNS.filter((column) => column.right).map(({ title }) => title));
  return table(
    COLUMNS.map(({ title }) => title),
    rows,
    right,
  );
}

function figuresOf({ stats }: FullWorkerStatus) {
  if (!stats) return { inFlight: '-', requests: '-', connections: '-', loop: '-', cpu: '-', rss: '-', spans: '-' };
  const { spans } = stats;
  return {
    inFlight: String(stats.inFlight),
    requests: String(stats.requests),
    connections: String(stats.connections),
    loop: `${stats.loopDelayP99.toFixed(1)} ms`,
    cpu: `${(stats.cpu * 100).toFixed(1)}%`,
    rss: megabytes(stats.rss),
    spans: spans
      ? `${spans.ended} ended, ${spans.exported} exported, ${spans.pending} pending, ${spans.spooled} spooled, ${droppedOf(spans)} dropped`
      : '-',
  };
}

function renderWorker(one: FullWorkerStatus): string {
  const f = figuresOf(one);
  const lines: [string, string][] = [
    ['slot', String(one.slot)],
    ['generation', String(one.generation)],
    ['pid', String(one.pid ?? '-')],
    ['phase', `${one.phase} for ${age(one.forMs)}`],
    ['uptime', age(one.uptimeMs)],
    ['script', one.software?.script ?? '-'],
    ['kf-cluster', one.software?.build ?? '-'],
    ['node', one.software?.node ?? '-'],
    ['restarts', one.lastReason ? `${one.restarts}, the last one after ${one.lastReason}` : String(one.restarts)],
    ['requests', `${f.requests}, ${f.inFlight} in flight`],
    ['connections', f.connections],
    ['loop delay', `${f.loop} at p99`],
    ['cpu', f.cpu],
    ['memory', f.rss],
    ['spans', f.spans],
  ];
  const silent =
    !one.stats && one.pid !== undefined ? 'it does not answer: booting, or its event loop is blocked\n' : '';
  return (
    renderLines(lines) +
    (one.stall ? `${renderStall(one.slot, one.stall).split('\n').map(visible).join('\n')}\n` : silent)
  );
}

function renderLines(lines: readonly [string, string][]): string {
  return lines.map(([name, value]) => `${name.padEnd(12)}${value}\n`).join('');
}
