import { color, seriesColor } from '../parts/theme.js';
import type { Row } from './rows.js';

/** Height of a line, in CSS pixels; the style sheet has the same. */
export const ROW_PX = 24;
const BAR_PX = 10;
const GRID = 4;

interface Frame {
  readonly rows: readonly Row[];
  readonly from: number;
  readonly to: number;
  readonly scrollTop: number;
  /** Which colour a service has. */
  readonly services: readonly string[];
}

/** The bars of the lines in sight. What it shows stands in the tree beside it as text. */
export function paint(canvas: HTMLCanvasElement, frame: Frame): void {
  const { clientWidth: width, clientHeight: height } = canvas;
  const ratio = devicePixelRatio;
  canvas.width = Math.round(width * ratio);
  canvas.height = Math.round(height * ratio);
  const context = canvas.getContext('2d');
  if (context === null || width === 0) return;
  context.scale(ratio, ratio);
  paintGrid(context, width, height);
  const first = Math.floor(frame.scrollTop / ROW_PX);
  const last = Math.min(frame.rows.length, first + Math.ceil(height / ROW_PX) + 1);
  const x = (time: number) => ((time - frame.from) / (frame.to - frame.from)) * (width - 8) + 4;
  for (let at = first; at < last; at++) {
    const row = frame.rows[at];
    if (row) paintRow(context, row, at * ROW_PX - frame.scrollTop + ROW_PX / 2, x, frame);
  }
}

function paintGrid(context: CanvasRenderingContext2D, width: number, height: number): void {
  context.strokeStyle = color('--line');
  context.lineWidth = 1;
  for (let at = 0; at <= GRID; at++) {
    const x = Math.round(4 + ((width - 8) * at) / GRID) + 0.5;
    context.beginPath();
    context.moveTo(x, 0);
    context.lineTo(x, height);
    context.stroke();
  }
}

function paintRow(
  context: CanvasRenderingContext2D,
  row: Row,
  middle: number,
  x: (time: number) => number,
  { services }: Frame,
): void {
  switch (row.kind) {
    case 'span':
      for (const span of row.stands ?? [row.span]) {
        const bad = span.status === 'error';
        context.fillStyle = color(bad ? '--bad' : seriesColor(services.indexOf(span.service)));
        const left = x(span.start);
        context.fillRect(left, middle - BAR_PX / 2, Math.max(1.5, x(span.start + span.duration) - left), BAR_PX);
      }
      return marks(context, row.span.events, middle, x);
    case 'event':
      return dot(context, x(row.event.at), middle, '--muted');
    case 'log':
      return dot(context, x(row.log.at), middle, row.log.severityNumber >= 17 ? '--bad' : '--accent');
    case 'missing':
      return;
  }
}

function marks(
  context: CanvasRenderingContext2D,
  events: readonly { readonly at: number }[],
  middle: number,
  x: (time: number) => number,
): void {
  context.fillStyle = color('--text');
  for (const { at } of events) context.fillRect(x(at) - 0.5, middle - BAR_PX / 2 - 2, 1.5, BAR_PX + 4);
}

function dot(context: CanvasRenderingContext2D, x: number, y: number, property: string): void {
  context.fillStyle = color(property);
  context.beginPath();
  context.arc(x, y, 3, 0, 2 * Math.PI);
  context.fill();
}
