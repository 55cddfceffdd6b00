import { cpus } from 'node:os';
import { remember } from './history.js';
import { pairwise, type Summary, summarize } from './stats.js';
import { type Cell, renderTable } from './table.js';

/** What has to hold. The median is held against the limit, for counts of failures the worst value. */
export interface Bar {
  readonly name: string;
  readonly values: readonly number[];
  readonly op: '<=' | '>=';
  readonly limit: number;
  readonly judge?: 'median' | 'worst';
}

export interface Figure {
  readonly contender: string;
  readonly name: string;
  readonly unit: string;
  readonly values: readonly number[];
}

/** Figures and bars of one run, printed at its end. */
export class Report {
  readonly #title: string;
  readonly #figures: Figure[] = [];
  readonly #bars: Bar[] = [];

  constructor(title: string) {
    this.#title = title;
  }

  /** Adds one measured value to a figure. */
  add(contender: string, name: string, unit: string, value: number): void {
    const known = this.#figures.find((figure) => figure.contender === contender && figure.name === name);
    if (known) (known.values as number[]).push(value);
    else this.#figures.push({ contender, name, unit, values: [value] });
  }

  /** In the order they were measured; empty when the contender did not run. */
  values(contender: string, name: string): readonly number[] {
    return this.#figures.find((figure) => figure.contender === contender && figure.name === name)?.values ?? [];
  }

  /** A bar without a measurement (its contender did not run) is left out. */
  bar(bar: Bar): void {
    if (bar.values.length > 0) this.#bars.push(bar);
  }

  /** A bar over the ratios of one figure to another contender's, round by round. */
  against(contender: string, base: string, figure: string, op: Bar['op'], limit: number): void {
    const ours = this.values(contender, figure);
    const theirs = this.values(base, figure);
    if (ours.length === 0 || theirs.length === 0) return;
    this.bar({ name: `${figure}: ${contender} / ${base}`, values: pairwise(ours, theirs), op, limit });
  }

  /** Prints everything on stdout; the process fails when a bar is missed. */
  finish(json: boolean): void {
    const figures = this.#figures.map((figure) => ({ ...figure, ...summarize(figure.values) }));
    const bars = this.#bars.map((bar) => ({ ...bar, ...summarize(bar.values), pass: passes(bar) }));
    const node = process.version;
    remember(this.#title, figures);
    if (json) {
      const whole = { title: this.#title, node, cores: cpus().length, figures, bars };
      process.stdout.write(`${JSON.stringify(whole, null, 2)}\n`);
    } else {
      process.stdout.write(`\n${this.#title}: node ${node}, ${cpus().length} cores\n\n${figureTable(figures)}\n\n`);
      if (bars.length > 0) process.stdout.write(`${barTable(bars)}\n`);
    }
    process.exitCode = bars.every(({ pass }) => pass) ? 0 : 1;
  }
}

function passes(bar: Bar): boolean {
  const { min, median, max } = summarize(bar.values);
  const value = bar.judge === 'worst' ? (bar.op === '<=' ? max : min) : median;
  return bar.op === '<=' ? value <= bar.limit : value >= bar.limit;
}

function figureTable(figures: readonly (Figure & Summary)[]): string {
  const names = [...new Set(figures.map(({ name }) => name))];
  const rows = names.flatMap((name) =>
    figures
      .filter((figure) => figure.name === name)
      .map((f, row): Cell[] => [row === 0 ? name : '', f.contender, f.min, f.median, f.max, f.unit, f.n]),
  );
  return renderTable(['figure', 'contender', 'min', 'median', 'max', 'unit', 'n'], rows);
}

function barTable(bars: readonly (Bar & Summary & { pass: boolean })[]): string {
  const rows = bars.map((b): Cell[] => [
    b.name,
    b.min,
    b.median,
    b.max,
    `${b.op} ${b.limit}`,
    b.pass ? 'PASS' : 'FAIL',
  ]);
  return renderTable(['bar', 'min', 'median', 'max', 'limit', ''], rows);
}
