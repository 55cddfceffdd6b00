import type uPlot from 'uplot';
import type { Mark } from '../data/contract.js';
import type { Series } from './chart.js';
import { clock } from './format.js';
import { color } from './theme.js';

/** Colours of what happened. */
export const MARK_COLORS = {
  reload: '--accent',
  rollback: '--warn',
  crash: '--bad',
  hang: '--bad',
  restart: '--muted',
  outage: '--warn',
  recovered: '--good',
} satisfies Record<Mark['kind'], string>;

export function chartOptions(
  series: readonly Series[],
  format: (value: number) => string,
  marks: () => readonly Mark[],
): Omit<uPlot.Options, 'width' | 'height'> {
  const axis: uPlot.Axis = {
    stroke: () => color('--muted'),
    grid: { stroke: () => color('--line'), width: 1 },
    ticks: { show: false },
    font: '11px system-ui',
  };
  return {
    legend: { show: false },
    cursor: { points: { size: 5 }, drag: { x: false, y: false } },
    scales: { y: { range: (_, __, most) => [0, most > 0 ? most * 1.1 : 1] } },
    axes: [
      { ...axis, size: 24, space: 80, values: (_, splits) => splits.map((second) => clock(second * 1000, 'seconds')) },
      { ...axis, size: 60, space: 30, values: (_, splits) => splits.map(format) },
    ],
    series: [
      {},
      ...series.map((one) => ({
        label: one.label,
        stroke: () => color(one.color),
        width: 1.5,
        points: { show: false },
      })),
    ],
    hooks: { draw: [(plot) => drawMarks(plot, marks())] },
  };
}

function drawMarks(plot: uPlot, marks: readonly Mark[]): void {
  const { ctx: context, bbox } = plot;
  context.save();
  context.lineWidth = devicePixelRatio;
  context.setLineDash([4 * devicePixelRatio, 3 * devicePixelRatio]);
  for (const { at, kind } of marks) {
    const x = plot.valToPos(at / 1000, 'x', true);
    if (!(x >= bbox.left && x <= bbox.left + bbox.width)) continue;
    context.strokeStyle = color(MARK_COLORS[kind]);
    context.beginPath();
    context.moveTo(x, bbox.top);
    context.lineTo(x, bbox.top + bbox.height);
    context.stroke();
  }
  context.restore();
}
