// npm run faults: the whole matrix. KF_FAULTS_ONLY=<part of a case's name> for some of it, KF_FAULTS_LANES (2) at a time.
// Verdicts are kept in .cache/faults.jsonl as they come; KF_FAULTS_RESUME=1 goes on from there.
import { appendFileSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createDice } from '../chaos/dice.js';
import { root } from '../helpers/run-node.js';
import { type Case, casesOf, nameOf, sample } from './cases.js';
import { recordAll } from './recording.js';
import { faultsMarkdown, type Result } from './report.js';
import { openLane, type Pipeline } from './run.js';
import { whyNoStrace } from './strace.js';

const KEPT = join(root, '.cache', 'faults.jsonl');
const DOC = join(root, 'docs', 'FAULTS.md');

const missing = whyNoStrace();
if (missing) {
  console.error(`faults: left out: ${missing}`);
} else {
  process.exitCode = await all();
}

async function all(): Promise<number> {
  const only = process.env.KF_FAULTS_ONLY ?? '';
  const results = process.env.KF_FAULTS_RESUME ? kept() : [];
  mkdirSync(join(root, '.cache'), { recursive: true });
  if (results.length === 0) rmSync(KEPT, { force: true });
  const done = new Set(results.map(({ one }) => nameOf(one)));
  const cases = casesOf(await recordAll(console.log)).filter((one) => nameOf(one).includes(only));
  const todo = eachCallFirst(cases.filter((one) => !done.has(nameOf(one))));
  console.log(`${cases.length} cases, ${todo.length} to do`);
  const write = () => only === '' && writeFileSync(DOC, faultsMarkdown(results, cases.length));
  const pipelines = Array.from({ length: Number(process.env.KF_FAULTS_LANES ?? 2) }, openLane);
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => void giveUp(pipelines, write));
  await Promise.all(pipelines.map((pipeline) => work(pipeline, todo, results)));
  write();
  return results.some(({ verdict }) => verdict.kind === 'fails') ? 1 : 0;
}

/** One case of each call comes before the others, so that what is broken shows early. */
function eachCallFirst(cases: Case[]): Case[] {
  const early = sample(cases, cases.length, createDice(1));
  return [...early, ...cases.filter((one) => !early.includes(one))];
}

/** Nothing that was started outlives this; what is known by then is written. */
async function giveUp(pipelines: readonly Pipeline[], write: () => unknown): Promise<void> {
  await Promise.all(pipelines.map((pipeline) => pipeline.close()));
  write();
  process.exit(1);
}

async function work(pipeline: Pipeline, todo: Case[], results: Result[]): Promise<void> {
  for (let one = todo.shift(); one; one = todo.shift()) {
    const start = performance.now();
    const verdict = await pipeline.run(one);
    results.push({ one, verdict });
    appendFileSync(KEPT, `${JSON.stringify({ one, verdict })}\n`);
    const seconds = ((performance.now() - start) / 1_000).toFixed(1);
    console.log(`${todo.length} ${nameOf(one)}: ${Object.values(verdict).join(' ')} (${seconds} s)`);
  }
  await pipeline.close();
}

function kept(): Result[] {
  if (!existsSync(KEPT)) return [];
  return readFileSync(KEPT, 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Result);
}
