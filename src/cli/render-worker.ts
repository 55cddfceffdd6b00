import type { FullWorkerStatus } from '../contract/control-protocol.js';
import { renderStall } from '../contract/stall.js';
import { entriesOf } from '../contract/table-keys.js';
import { visible } from '../contract/visible.js';
import { flow } from './display-width.js';
import { age } from './text-table.js';
import { figuresOf } from './worker-figures.js';

const INDENT = 12;

type Lines = readonly (readonly [name: string, text: string])[];

const elsewhere = (): Lines => [];

/** What `describe` says of each field of a worker, in this order: a field more without a row does not compile. */
const FIELDS = {
  id: elsewhere,
  slot: ({ slot }) => [['slot', String(slot)]],
  generation: ({ generation }) => [['generation', String(generation)]],
  pid: ({ pid }) => [['pid', String(pid ?? '-')]],
  phase: ({ phase, forMs }) => [['phase', `${phase} for ${age(forMs)}`]],
  forMs: elsewhere,
  uptimeMs: ({ uptimeMs }) => [['uptime', age(uptimeMs)]],
  software: ({ software }) => [
    ['script', visible(software?.script ?? '-')],
    ['kf-cluster', visible(software?.build ?? '-')],
    ['node', visible(software?.node ?? '-')],
  ],
  restarts: ({ restarts, lastReason }) => [
    ['restarts', lastReason ? `${restarts}, the last one after ${lastReason}` : String(restarts)],
  ],
  lastReason: elsewhere,
  stats: (one) => {
    const { requests, inFlight, connections, loop, cpu, rss, spans } = figuresOf(one);
    return [
      ['requests', `${requests}, ${inFlight} in flight`],
      ['connections', connections],
      ['loop delay', `${loop} at p99`],
      ['cpu', cpu],
      ['memory', rss],
      ['spans', spans],
    ];
  },
  stall: elsewhere,
} satisfies Readonly<Record<keyof FullWorkerStatus, (one: FullWorkerStatus) => Lines>>;

/** What `describe` says of one worker. @param columns cells of a line */
export function renderWorker(one: FullWorkerStatus, columns: number): string {
  const lines = entriesOf(FIELDS).flatMap(([, linesOf]) => linesOf(one));
  const silent =
    !one.stats && one.pid !== undefined ? 'it does not answer: booting, or its event loop is blocked\n' : '';
  return (
    renderLines(lines, columns) +
    (one.stall ? `${renderStall(one.slot, one.stall).split('\n').map(visible).join('\n')}\n` : silent)
  );
}

function renderLines(lines: Lines, columns: number): string {
  const textOf = (name: string, value: string) => {
    const [first = '', ...rest] = value.split(' ');
    return flow([name.padEnd(INDENT) + first, ...rest], ' ', columns, ' '.repeat(INDENT));
  };
  return lines.map(([name, value]) => `${textOf(name, value)}\n`).join('');
}
