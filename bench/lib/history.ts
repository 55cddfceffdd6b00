import { execFileSync } from 'node:child_process';
import { appendFileSync, mkdirSync } from 'node:fs';
import { cpus } from 'node:os';
import { join } from 'node:path';

export interface Median {
  readonly contender: string;
  readonly name: string;
  readonly unit: string;
  readonly median: number;
}

/** One line of a history: what was measured, of which commit, on which Node and how many cores. */
export function historyLine(title: string, figures: readonly Median[], commit: string, date = new Date()): string {
  const medians = figures.map(({ contender, name, unit, median }) => ({ contender, name, unit, median }));
  const run = { date: date.toISOString(), commit, node: process.version, cores: cpus().length, title };
  return `${JSON.stringify({ ...run, figures: medians })}\n`;
}

/** Appends this run to `bench/history/<title up to the colon>.jsonl` of the checkout; figures of two machines do not compare. */
export function remember(title: string, figures: readonly Median[]): void {
  const dir = join('bench', 'history');
  mkdirSync(dir, { recursive: true });
  const name = title.replace(/:.*/, '').replaceAll(/[^a-z\d]+/gi, '-');
  const commit = execFileSync('git', ['describe', '--always', '--dirty'], { encoding: 'utf8' }).trim();
  appendFileSync(join(dir, `${name}.jsonl`), historyLine(title, figures, commit));
}
