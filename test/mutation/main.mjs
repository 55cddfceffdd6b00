// Mutation testing of the pure core: changes one thing of the compiled core, runs its tests, and says which changes no test
// has noticed. `node test/mutation/main.mjs [--sample 60] [--seed 1] [--only moves]`; --sample 0 is all of them (an hour).
import { spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { mutantsOf } from './mutants.mjs';

const { values } = parseArgs({
  options: {
    sample: { type: 'string', default: '60' },
    seed: { type: 'string', default: '1' },
    only: { type: 'string', default: '' },
  },
});
/** Longer than the tests take: a change that makes them run for ever is noticed too. In milliseconds. */
const PATIENCE = 120_000;
/** The quick ones first: most changes go no further. */
const STAGES = ['!(injections|stuck|properties).test.js', '@(stuck|properties).test.js', 'injections.test.js'];

const root = mkdtempSync(join(tmpdir(), 'kf-mutation-'));
process.once('exit', () => rmSync(root, { recursive: true, force: true }));
for (const name of ['dist/src', 'dist/test', 'dist/hooks', 'test/core', 'package.json']) {
  cpSync(name, join(root, name), { recursive: true });
}
symlinkSync(resolve('node_modules'), join(root, 'node_modules'));

const core = join(root, 'dist/src/core');
const files = readdirSync(core).filter((name) => name.endsWith('.js') && name.includes(values.only));
const all = files.flatMap((name) => {
  const text = readFileSync(join(core, name), 'utf8');
  return mutantsOf(text).map((mutant) => ({ name, original: text, ...mutant }));
});
const failure = failureOf();
if (failure) throw new Error(`the tests fail without any change, nothing to learn from them:\n${failure}`);
const chosen = sampleOf(all, Number(values.sample));
const scores = new Map();
for (const mutant of chosen) {
  const score = scores.get(mutant.name) ?? { noticed: 0, all: 0 };
  scores.set(mutant.name, score);
  score.all += 1;
  if (isNoticed(mutant)) score.noticed += 1;
  else console.log(`not noticed: ${mutant.name}:${lineOf(mutant)} ${mutant.what}: ${lineTextOf(mutant)}`);
}
print();

function isNoticed({ name, original, start, end, text }) {
  writeFileSync(join(core, name), original.slice(0, start) + text + original.slice(end));
  try {
    return failureOf() !== undefined;
  } finally {
    writeFileSync(join(core, name), original);
  }
}

/** What the first failing stage printed; undefined when all pass. */
function failureOf() {
  for (const stage of STAGES) {
    const args = ['node_modules/ava/entrypoints/cli.mjs', '--fail-fast', `dist/test/core/${stage}`];
    const { status, signal, stdout, stderr } = spawnSync(process.execPath, args, {
      cwd: root,
      stdio: ['ignore', 'pipe', 'pipe'],
      encoding: 'utf8',
      env: { ...process.env, KF_PROPERTY_RUNS: '300' },
      timeout: PATIENCE,
    });
    if (status !== 0) return `${stage}: ${signal ?? status}\n${stdout}${stderr}`;
  }
  return undefined;
}

/** The same seed gives the same ones. */
function sampleOf(mutants, count) {
  if (count === 0 || count >= mutants.length) return mutants;
  let state = Number(values.seed) >>> 0 || 1;
  const roll = () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
  return mutants
    .map((mutant) => ({ mutant, at: roll() }))
    .sort((a, b) => a.at - b.at)
    .slice(0, count)
    .map(({ mutant }) => mutant);
}

function lineOf({ original, start }) {
  return original.slice(0, start).split('\n').length;
}

function lineTextOf(mutant) {
  return mutant.original.split('\n')[lineOf(mutant) - 1].trim();
}

function print() {
  let noticed = 0;
  console.log('\n| file of core | noticed | of |\n|---|---|---|');
  for (const [name, score] of [...scores].sort()) {
    noticed += score.noticed;
    console.log(`| ${name.replace('.js', '.ts')} | ${score.noticed} | ${score.all} |`);
  }
  console.log(
    `\n${noticed} of ${chosen.length} noticed (${((100 * noticed) / chosen.length).toFixed(0)}%), of ${all.length} possible`,
  );
}
