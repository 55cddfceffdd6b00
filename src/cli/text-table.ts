import { type Color, paint } from '../contract/color.js';
import { cut, displayWidth, pad } from './display-width.js';
import type { Screen } from './screen.js';

export interface Column<Row> {
  readonly title: string;
  /** Stands right, as numbers do. */
  readonly right?: true;
  readonly cell: (row: Row) => string;
  /** What stands there instead where the whole table is too wide. */
  readonly brief?: (row: Row) => string;
  /** Where that is still too wide: the end at which it is cut, down to SHORTEST cells. */
  readonly cut?: 'start' | 'end';
  /** And then it is left out, the lowest first. A column without stays. */
  readonly leave?: number;
  readonly color?: (row: Row) => Color | undefined;
}

interface Shown<Row> {
  readonly column: Column<Row>;
  readonly texts: readonly string[];
  readonly width: number;
}

const GAP = '  ';
const SHORTEST = 12;

/** Columns as wide as they must be, two spaces between; on a terminal that is too narrow, less. */
export function table<Row>(all: readonly Column<Row>[], rows: readonly Row[], screen: Screen): string {
  const shown = fitted(all, rows, screen.columns);
  const lineOf = (cells: readonly string[], at: number) =>
    shown
      .map(({ column, width }, i) => {
        const text = cut(cells[i] ?? '', width, column.cut ?? 'end');
        const row = rows[at];
        const color = row === undefined ? undefined : column.color?.(row);
        const painted = color === undefined ? text : paint(text, color, screen.color);
        return pad(text, width, column.right ? 'left' : 'right').replace(text, () => painted);
      })
      .join(GAP)
      .trimEnd();
  const head = lineOf(
    shown.map(({ column }) => column.title),
    -1,
  );
  return `${[head, ...rows.map((_, at) => lineOf(cellsAt(shown, at), at))].join('\n')}\n`;
}

function cellsAt<Row>(shown: readonly Shown<Row>[], at: number): string[] {
  return shown.map(({ texts }) => texts[at] ?? '');
}

function fitted<Row>(all: readonly Column<Row>[], rows: readonly Row[], columns: number): readonly Shown<Row>[] {
  const whole = all.map((column) => measure(column, rows, column.cell));
  if (widthOf(whole) <= columns) return whole;
  let shown = all.map((column) => measure(column, rows, column.brief ?? column.cell));
  const leaving = shown.filter(({ column }) => column.leave !== undefined);
  leaving.sort((a, b) => (a.column.leave ?? 0) - (b.column.leave ?? 0));
  for (const next of leaving) {
    if (widthOf(shown.map(shortest)) <= columns) break;
    shown = shown.filter((one) => one !== next);
  }
  return shorten(shown, columns);
}

/** What is too wide is taken from the columns that can be cut, the last one first. */
function shorten<Row>(shown: readonly Shown<Row>[], columns: number): readonly Shown<Row>[] {
  let over = widthOf(shown) - columns;
  return shown
    .toReversed()
    .map((one) => {
      const width = over > 0 ? Math.max(shortest(one).width, one.width - over) : one.width;
      over -= one.width - width;
      return { ...one, width };
    })
    .toReversed();
}

function shortest<Row>(one: Shown<Row>): Shown<Row> {
  return one.column.cut ? { ...one, width: Math.min(one.width, SHORTEST) } : one;
}

function measure<Row>(column: Column<Row>, rows: readonly Row[], text: (row: Row) => string): Shown<Row> {
  const texts = rows.map(text);
  return { column, texts, width: Math.max(...[column.title, ...texts].map(displayWidth)) };
}

function widthOf<Row>(shown: readonly Shown<Row>[]): number {
  return shown.reduce((sum, { width }) => sum + width + GAP.length, -GAP.length);
}

/** `3d 4h`, `2h 5m`, `7m 3s`, `12s`. */
export function age(ms: number | undefined): string {
  if (ms === undefined) return '-';
  const s = Math.floor(ms / 1_000);
  const [d, h, m] = [Math.floor(s / 86_400), Math.floor(s / 3_600) % 24, Math.floor(s / 60) % 60];
  if (d > 0) return `${d}d ${h}h`;
  if (h > 0) return `${h}h ${m}m`;
  return m > 0 ? `${m}m ${s % 60}s` : `${s}s`;
}

export function megabytes(bytes: number): string {
  return `${Math.round(bytes / 1_048_576)} MB`;
}
