import type { FullWorkerStatus } from '../contract/control-protocol.js';
import { renderStall } from '../contract/stall.js';
import { visible } from '../contract/visible.js';
import { flow } from './display-width.js';
import { age } from './text-table.js';
import { figuresOf } from './worker-figures.js';

const INDENT = 12;

/** What `describe` says of one worker. @param columns cells of a line */
export function renderWorker(one: FullWorkerStatus, columns: number): string {
  const f = figuresOf(one);
  const lines: [string, string][] = [
    ['slot', String(one.slot)],
    ['generation', String(one.generation)],
    ['pid', String(one.pid ?? '-')],
    ['phase', `${one.phase} for ${age(one.forMs)}`],
    ['uptime', age(one.uptimeMs)],
    ['script', visible(one.software?.script ?? '-')],
    ['kf-cluster', visible(one.software?.build ?? '-')],
    ['node', visible(one.software?.node ?? '-')],
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
    renderLines(lines, columns) +
    (one.stall ? `${renderStall(one.slot, one.stall).split('\n').map(visible).join('\n')}\n` : silent)
  );
}

function renderLines(lines: readonly [string, string][], columns: number): string {
  const textOf = (name: string, value: string) => {
    const [first = '', ...rest] = value.split(' ');
    return flow([name.padEnd(INDENT) + first, ...rest], ' ', columns, ' '.repeat(INDENT));
  };
  return lines.map(([name, value]) => `${textOf(name, value)}\n`).join('');
}
