import { type Color, paint } from '../contract/color.js';
import type { FullWorkerStatus } from '../contract/control-protocol.js';
import { renderStall } from '../contract/stall.js';
import { entriesOf } from '../contract/table-keys.js';
import { visible } from '../contract/visible.js';
import { flow } from './display-width.js';
import { PHASE_COLORS } from './render-status.js';
import type { Screen } from './screen.js';
import { age } from './text-table.js';
import { figuresOf } from './worker-figures.js';

const INDENT = 12;

/** A colour is that of the first word of the text. */
type Lines = readonly (readonly [name: string, text: string, color?: Color | undefined])[];

const elsewhere = (): Lines => [];

/** What `describe` says of each field of a worker, in this order: a field more without a row does not compile. */
const FIELDS = {
  id: elsewhere,
  slot: ({ slot }) => [['slot', String(slot)]],
  generation: ({ generation }) => [['generation', String(generation)]],
  pid: ({ pid }) => [['pid', String(pid ?? '-')]],
  phase: ({ phase, forMs }) => [['phase', `${phase} for ${age(forMs)}`, PHASE_COLORS[phase]]],
  forMs: elsewhere,
  uptimeMs: ({ uptimeMs }) => [['uptime', age(uptimeMs)]],
  software: ({ software }) => [
    ['script', visible(software?.script ?? '-')],
    ...(software?.interpreter === undefined ? [] : [['interpreter', visible(software.interpreter)] as const]),
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

/** What `describe` says of one worker. */
export function renderWorker(one: FullWorkerStatus, screen: Screen): string {
  const lines = entriesOf(FIELDS).flatMap(([, linesOf]) => linesOf(one));
  return renderLines(lines, screen) + renderSilence(one, screen);
}

/** Where its event loop is blocked, or that it does not answer; nothing of one that does. */
function renderSilence({ slot, stall, stats, pid }: FullWorkerStatus, { color }: Screen): string {
  if (stall) {
    const [head = '', ...stack] = renderStall(slot, stall).split('\n').map(visible);
    return `${[paint(head, 'red', color), ...stack].join('\n')}\n`;
  }
  if (stats || pid === undefined) return '';
  return `${paint('it does not answer: booting, or its event loop is blocked', 'yellow', color)}\n`;
}

function renderLines(lines: Lines, { columns, color: wanted }: Screen): string {
  return lines
    .map(([name, value, color]) => {
      const [first = '', ...rest] = value.split(' ');
      const label = name.padEnd(INDENT);
      const text = flow([label + first, ...rest], ' ', columns, ' '.repeat(INDENT));
      if (color === undefined) return `${text}\n`;
      return `${label}${paint(first, color, wanted)}${text.slice(label.length + first.length)}\n`;
    })
    .join('');
}
