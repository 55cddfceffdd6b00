// Mutation testing of the pure core: changes one thing of the compiled core, runs the tests that load it, and says which
// changes no test has noticed. `node test/mutation/main.mjs [--sample 60] [--seed 1] [--only moves] [--jobs 2]`; --sample 0 is
// all of them (an hour and more). They are drawn in a random order, so that what a SIGINT leaves behind is a sample too.
import { spawn } from 'node:child_process';
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { EQUIVALENT } from './equivalent.mjs';
import { mutantsOf } from './mutants.mjs';

const { values } = parseArgs({
  options: {
    sample: { type: 'string', default: '60' },
    seed: { type: 'string', default: '1' },
    only: { type: 'string', default: '' },
    jobs: { type: 'string', default: '2' },
  },
});
/** Longer than a stage takes: a change that makes it run for ever is noticed too. In milliseconds. */
const PATIENCE = 60_000;
/** The quick ones first: most changes go no further. Those of `undefined` are the tests that no other stage names. */
const STAGES = [['golden.test.js'], undefined, ['stuck.test.js', 'properties.test.js'], ['injections.test.js']];

const core = 'dist/src/core';
const tests = new Map(
  readdirSync('dist/test/core')
    .filter((name) => name.endsWith('.test.js'))
    .map((name) => [name, loadedBy(resolve('dist/test/core', name))]),
);
const files = readdirSync(core).filter((name) => name.endsWith('.js') && name.includes(values.only));
const possible = files.flatMap((name) => {
  const text = readFileSync(join(core, name), 'utf8');
  return mutantsOf(text).map((mutant) => ({ name, original: text, ...mutant }));
});
const excepted = EQUIVALENT.filter(({ file }) => files.includes(file));
const isSame = (mutant) => (one) =>
  one.file === mutant.name && one.what === mutant.what && one.line === lineTextOf(mutant);
const gone = excepted.filter((one) => !possible.some((mutant) => isSame(mutant)(one)));
if (gone.length > 0) throw new Error(`equivalent.mjs names what is not there: ${JSON.stringify(gone, null, 2)}`);
const all = possible.filter((mutant) => !excepted.some(isSame(mutant)));
const chosen = sampleOf(all, Number(values.sample));
const scores = new Map();
const roots = Array.from({ length: Number(values.jobs) }, newRoot);
process.once('exit', () => {
  for (const root of roots) rmSync(root, { recursive: true, force: true });
});
const failure = await failureOf(roots[0], [...tests.keys()]);
if (failure) throw new Error(`the tests fail without any change, nothing to learn from them:\n${failure}`);
const left = [...chosen];
process.once('SIGINT', () => left.splice(0));
await Promise.all(roots.map(work));
print();

/** All files that a file of ours loads, itself too. */
function loadedBy(file, found = new Set()) {
  if (found.has(file)) return found;
  found.add(file);
  for (const [, path] of readFileSync(file, 'utf8').matchAll(/from '(\.[^']+\.js)'/g))
    loadedBy(join(dirname(file), path), found);
  return found;
}

/** A copy of what the tests load, for one change at a time. */
function newRoot() {
  const root = mkdtempSync(join(tmpdir(), 'kf-mutation-'));
  for (const name of ['dist/src', 'dist/test', 'dist/hooks', 'test/core', 'package.json']) {
    cpSync(name, join(root, name), { recursive: true });
  }
  symlinkSync(resolve('node_modules'), join(root, 'node_modules'));
  return root;
}

async function work(root) {
  for (let mutant = left.shift(); mutant; mutant = left.shift()) {
    const score = scores.get(mutant.name) ?? { noticed: 0, all: 0 };
    scores.set(mutant.name, score);
    score.all += 1;
    if (await isNoticed(root, mutant)) score.noticed += 1;
    else console.log(`not noticed: ${mutant.name}:${lineOf(mutant)} ${mutant.what}: ${lineTextOf(mutant)}`);
  }
}

async function isNoticed(root, { name, original, start, end, text }) {
  const file = join(root, core, name);
  writeFileSync(file, original.slice(0, start) + text + original.slice(end));
  try {
    const concerned = [...tests].filter(([, files]) => files.has(resolve(core, name)));
    return (
      (await failureOf(
        root,
        concerned.map(([test]) => test),
      )) !== undefined
    );
  } finally {
    writeFileSync(file, original);
  }
}

/** What the first failing stage of these tests printed; undefined when all pass. */
async function failureOf(root, among) {
  const named = STAGES.flatMap((names) => names ?? []);
  for (const stage of STAGES) {
    const names = among.filter((name) => (stage ? stage.includes(name) : !named.includes(name)));
    if (names.length === 0) continue;
    const { code, signal, output } = await runTests(root, names);
    if (code !== 0) return `${names}: ${signal ?? code}\n${output}`;
  }
  return undefined;
}

/** In a process group of its own: a test that runs for ever does not notice that ava has been killed. */
function runTests(root, names) {
  const files = names.map((name) => `dist/test/core/${name}`);
  const args = ['node_modules/ava/entrypoints/cli.mjs', '--fail-fast', ...files];
  const ava = spawn(process.execPath, args, {
    cwd: root,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, KF_PROPERTY_RUNS: '300' },
    detached: true,
  });
  const timer = setTimeout(() => process.kill(-ava.pid, 'SIGKILL'), PATIENCE);
  let output = '';
  for (const stream of [ava.stdout, ava.stderr]) stream.setEncoding('utf8').on('data', (text) => (output += text));
  return new Promise((done, reject) => {
    ava.once('error', reject);
    ava.once('close', (code, signal) => {
      clearTimeout(timer);
      done({ code, signal, output });
    });
  });
}

/** The same seed gives the same ones. */
function sampleOf(mutants, count) {
  let state = Number(values.seed) >>> 0 || 1;
  const roll = () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
  return mutants
    .map((mutant) => ({ mutant, at: roll() }))
    .sort((a, b) => a.at - b.at)
    .slice(0, count || mutants.length)
    .map(({ mutant }) => mutant);
}

function lineOf({ original, start }) {
  return original.slice(0, start).split('\n').length;
}

function lineTextOf(mutant) {
  return mutant.original.split('\n')[lineOf(mutant) - 1].trim();
}

function print() {
  const sum = { noticed: 0, all: 0 };
  console.log('\n| file of core | noticed | of |\n|---|---|---|');
  for (const [name, score] of [...scores].sort()) {
    sum.noticed += score.noticed;
    sum.all += score.all;
    console.log(`| ${name.replace('.js', '.ts')} | ${score.noticed} | ${score.all} |`);
  }
  const share = ((100 * sum.noticed) / sum.all).toFixed(1);
  console.log(
    `\n${sum.noticed} of ${sum.all} noticed (${share}%), of ${all.length} possible; ${possible.length - all.length} more are equivalent`,
  );
}
