// npm run test:bootstrap: each library of bootstrap's table at its oldest and its newest release, in CommonJS and in ESM.
// KF_BOOTSTRAP_ONLY=express,koa for some of them. Cells that hold are kept in .cache/libraries.jsonl and not run again, those that
// failed are; KF_BOOTSTRAP_FRESH=1 forgets all. KF_BOOTSTRAP_LANES (2) at a time. What has been seen goes into docs/BOOTSTRAP.md.
import { execFileSync } from 'node:child_process';
import { appendFileSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { node24 } from '../helpers/nodes.js';
import { packedBin } from '../helpers/packed.js';
import { root } from '../helpers/run-node.js';
import { bootstrapMarkdown, troublesOf } from './report.js';
import { endsOf, ROWS } from './rows.js';
import { type Cell, runVersion } from './run.js';
import { createServers } from './servers.js';
import { AGES, type Row } from './types.js';

const KEPT = join(root, '.cache', 'libraries.jsonl');
const DOC = join(root, 'docs', 'BOOTSTRAP.md');

process.exitCode = await all();

async function all(): Promise<number> {
  const only = (process.env.KF_BOOTSTRAP_ONLY ?? '').split(',').filter((name) => name !== '');
  if (process.env.KF_BOOTSTRAP_FRESH) rmSync(KEPT, { force: true });
  mkdirSync(join(root, '.cache'), { recursive: true });
  const rows = ROWS.filter(({ library }) => only.length === 0 || only.includes(library));
  const cells = kept();
  const cleanups: (() => unknown)[] = [];
  const servers = createServers({ teardown: (cleanup) => void cleanups.unshift(() => cleanup()) });
  const end = async () => {
    for (const cleanup of cleanups.splice(0)) await cleanup();
  };
  for (const signal of ['SIGINT', 'SIGTERM'] as const)
    process.once(signal, () => void end().then(() => process.exit(1)));
  const newest = node24();
  if (newest === undefined) throw new Error('this needs a second Node: run `npm run node24` first');
  const tools = { bin: packedBin(), nodes: { oldest: process.execPath, newest } };
  try {
    const todo = [...rows];
    const lane = async () => {
      for (let row = todo.shift(); row; row = todo.shift()) {
        const server = row.server && (await servers(row.server));
        for (const cell of await runRow(row, cells, { ...tools, server })) cells.set(keyOf(cell), cell);
        writeFileSync(DOC, bootstrapMarkdown([...cells.values()]));
      }
    };
    await Promise.all(Array.from({ length: Number(process.env.KF_BOOTSTRAP_LANES ?? 2) }, lane));
  } finally {
    await end();
  }
  const troubles = rows.flatMap((row) => troublesOf(row, [...cells.values()]));
  for (const trouble of troubles) console.error(trouble);
  return troubles.length > 0 ? 1 : 0;
}

async function runRow(
  row: Row,
  cells: ReadonlyMap<string, Cell>,
  tools: Parameters<typeof runVersion>[3],
): Promise<Cell[]> {
  const ends = endsOf(row.library, versionsOf(row.library), row.since);
  const results: Cell[] = [];
  for (const age of AGES) {
    const version = ends[age];
    const known = [...cells.values()].filter((cell) => cell.library === row.library && cell.age === age);
    if (known.length > 0 && known.every((cell) => cell.version === version && cell.verdict.kind !== 'fails')) continue;
    const start = performance.now();
    const some = await runVersion(row, age, version, tools);
    for (const cell of some) {
      appendFileSync(KEPT, `${JSON.stringify(cell)}\n`);
      console.log(`${row.library} ${version} ${cell.form}: ${Object.values(cell.verdict).join(' ')}`);
    }
    console.log(`${row.library} ${version}: ${((performance.now() - start) / 1_000).toFixed(1)} s`);
    results.push(...some);
  }
  return results;
}

function versionsOf(library: string): string[] {
  const text = execFileSync('npm', ['view', library, 'versions', '--json'], { encoding: 'utf8' });
  const versions: string | string[] = JSON.parse(text);
  return [versions].flat();
}

function keyOf({ library, age, form }: Cell): string {
  return `${library} ${age} ${form}`;
}

/** A later line is of a later run. */
function kept(): Map<string, Cell> {
  if (!existsSync(KEPT)) return new Map();
  const cells = readFileSync(KEPT, 'utf8')
    .trim()
    .split('\n')
    .filter((line) => line !== '')
    .map((line): Cell => JSON.parse(line));
  return new Map(cells.map((cell) => [keyOf(cell), cell]));
}
