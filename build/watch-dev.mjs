// `npm run watch:dev [-- app and options of dev]`: bundles at each change of the source, and starts `dev` anew.
// Only those that the change is in: each keeps what it has read. tsc's answer comes when `dev` runs.
import { spawn } from 'node:child_process';
import { resolve } from 'node:path';
import { watch } from 'chokidar';
import * as esbuild from 'esbuild';
import { packBundles, writeBundles } from './bundle.mjs';

const READY = /\bready: \d+ workers?$/m;
/** An editor writes a file in several steps. In milliseconds. */
const SETTLE = 50;

const args = process.argv.length > 2 ? process.argv.slice(2) : ['examples/dice/app.js', '-w', '4'];
/** By bundle: esbuild's context, its last result, and the files it is made of. */
const bundles = new Map();
/** Since the bundles were last made of them. */
let changed = new Set();
/** Those of this round, and of rounds that esbuild refused. */
let taken = new Set();
let dev;
let checker;
let timer;
let changedAt = performance.now();
let busy = false;
let again = false;

watch(['src', 'hooks'], { ignoreInitial: true }).on('all', (_, file) => {
  changed.add(resolve(file));
  changedAt = performance.now();
  clearTimeout(timer);
  timer = setTimeout(round, SETTLE);
});
for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => void leave());
await round();

/** A change during a round is one more behind it. */
async function round() {
  if (busy) {
    again = true;
    return;
  }
  busy = true;
  do {
    again = false;
    await once();
  } while (again);
  busy = false;
}

async function once() {
  const since = changedAt;
  taken = new Set([...taken, ...changed]);
  changed = new Set();
  endCheck();
  try {
    await writeBundles(rebuild);
    taken = new Set();
  } catch (error) {
    if (!error.errors) throw error;
    return console.error('not bundled; dev goes on as it is'); // esbuild has said what is wrong
  }
  console.log(`bundled ${seconds(since)} after the change`);
  await end(dev);
  dev = spawn(process.execPath, ['dist/bundle/bin.cjs', 'dev', ...args], { stdio: ['ignore', 'inherit', 'pipe'] });
  if (await isReady(dev)) console.log(`dev runs ${seconds(since)} after the change`);
  await packBundles();
  checkTypes();
}

async function rebuild(options) {
  if (options.define?.__KF_BUILD) return esbuild.build(options); // made of the primary's code
  const key = JSON.stringify([options.entryPoints, options.outfile]);
  const known = bundles.get(key);
  if (known && !known.files.some((file) => taken.has(file))) return known.result;
  const context = known?.context ?? (await esbuild.context({ ...options, sourcemap: false, logLevel: 'error' }));
  const result = await context.rebuild();
  bundles.set(key, { context, result, files: Object.keys(result.metafile.inputs).map((file) => resolve(file)) });
  return result;
}

/** @returns false when it has ended instead */
function isReady(child) {
  return new Promise((resolve) => {
    let text = '';
    child.stderr.setEncoding('utf8').on('data', (chunk) => {
      process.stderr.write(chunk);
      text = READY.test(text) ? text : text + chunk;
      if (READY.test(text)) resolve(true);
    });
    child.once('exit', () => resolve(false));
  });
}

function checkTypes() {
  const options = { stdio: ['ignore', 'inherit', 'inherit'], detached: true };
  const child = spawn('node_modules/.bin/tsc', ['--noEmit', '--pretty'], options);
  checker = child;
  child.once('exit', (code) => {
    if (checker === child) checker = undefined;
    if (code === 0) console.log('types are right; waiting for changes');
  });
}

/** tsc is two processes: a script of Node, and the compiler. */
function endCheck() {
  if (checker) process.kill(-checker.pid);
  checker = undefined;
}

async function end(child) {
  if (!child || child.exitCode !== null || child.signalCode !== null) return;
  const ended = new Promise((resolve) => child.once('exit', resolve));
  child.kill('SIGQUIT'); // no drain: who edits waits
  await ended;
}

async function leave() {
  endCheck();
  await end(dev);
  process.exit();
}

function seconds(since) {
  return `${((performance.now() - since) / 1_000).toFixed(1)} s`;
}
