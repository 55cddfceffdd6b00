// What is bundled into what. Every bundle of the package is one entry of BUNDLES; where one file ends and another begins is
// said by `#bundle/name` in an import (package.json "imports"), never by the name of a file.

/** The file of the package that stands behind each `#bundle/name`, for the bundles that have it as a boundary. */
export const BOUNDARIES = {
  telemetry: 'telemetry.cjs',
  signals: 'signals.js',
  'worker-run': 'worker-run.cjs',
  'access-log': 'access-log.js',
  'main-command': 'commands.cjs',
  commands: 'commands.cjs',
  'command-target': 'commands.cjs',
  ecosystem: 'commands.cjs',
  daemon: 'commands.cjs',
  doctor: 'diagnose.cjs',
  bootstrap: 'diagnose.cjs',
  instrument: 'diagnose.cjs',
  smoke: 'diagnose.cjs',
  report: 'diagnose.cjs',
  mcp: 'mcp.cjs',
};

/** Every command but a plain start: one file with a copy of what both need. */
const COMMANDS = ['main-command', 'commands', 'command-target', 'ecosystem', 'daemon'];

/** What sets an app up and finds out why it does not work: as large as all other commands, and hardly ever run. */
const DIAGNOSIS = ['doctor', 'bootstrap', 'instrument', 'smoke', 'report'];

/**
 * In the order in which they are written. `boundaries`: which `#bundle/name` stays an import of that name's file; what is
 * not named is bundled in. `cached`: it comes out of V8's cache and imports by what it is given. `besideApp`: it runs in the process of an app, which may replace globals. `lean`: it needs nothing of `performance` but `now()`. `rarely`: libraries that a plain start does not need stay in files of their own.
 *
 * - telemetry, worker, worker-require, worker-run: the SDK is loaded only where spans are made, as one file, for each file more
 *   costs a worker's boot a millisecond. So is the worker's own part of it, and the few lines in front, which the app's own forks
 *   and threads load as well: worker for an app that Node loads as ES modules, worker-require for any other. CommonJS, for
 *   that comes out of V8's cache on each Node, and needs no ES module loader where the app needs none.
 * - signals: metrics and logs share nothing with the rest. What two files share is cut out of both, and a worker that has
 *   traces alone would load it.
 * - access-log: apart; a worker loads it where there is one.
 * - flush-process, pm2: apart, though they share most of their code: each chunk costs a worker's boot.
 * - primary: CommonJS, for Node's ES module loader alone would cost it 5 MB and 10 ms. A plain start and its supervisor
 *   stand alone in it.
 * - mcp: the protocol's SDK is as large as all commands, and no other command needs it.
 * - probe-child: loads instrumentations of an app, and ends.
 * - plain, plain-worker: a worker's preload where there is nothing to await, and what it takes out of V8's cache. An app that
 *   registers a provider itself needs more, from the others.
 * - pm2-require: the form for `--require` of a preload that has to await; it holds the app back and imports the other form.
 * - run-program: a worker's script where the app is no program of Node: it runs beside each, so nothing but Node's own
 *   modules is in it.
 * - orphan-guard: alone; it starts when the primary is gone, for as long as there are orphans.
 */
export const BUNDLES = [
  {
    besideApp: true,
    format: 'cjs',
    strict: true,
    cached: true,
    entries: { telemetry: 'src/telemetry/index.ts' },
    boundaries: ['signals'],
  },
  {
    besideApp: true,
    format: 'cjs',
    strict: true,
    cached: true,
    entries: { 'worker-run': 'src/worker/boot/boot-worker.ts' },
    boundaries: ['signals', 'telemetry', 'access-log'],
  },
  { besideApp: true, entries: { worker: 'src/worker/boot/preload.ts' }, boundaries: ['worker-run'] },
  {
    besideApp: true,
    format: 'cjs',
    strict: true,
    lean: true,
    entries: { 'worker-require': 'src/worker/boot/require-preload.ts' },
    boundaries: ['worker-run'],
  },
  {
    besideApp: true,
    entries: {
      index: 'src/api/index.ts',
      hooks: 'hooks/index.ts',
      'telemetry-hooks': 'hooks/telemetry.ts',
      register: 'src/api/register.ts',
      tracing: 'src/api/tracing.ts',
      reader: 'src/config/reader-process.ts',
      receiver: 'src/dev/receiver-process.ts',
    },
    boundaries: ['signals', 'telemetry'],
    chunks: '[name]-[hash]',
  },
  { format: 'cjs', entries: { primary: 'src/cli/main.ts' }, boundaries: ['signals', ...COMMANDS], rarely: true },
  { format: 'cjs', together: { commands: COMMANDS }, boundaries: ['signals', 'mcp', ...DIAGNOSIS], rarely: true },
  { format: 'cjs', together: { diagnose: DIAGNOSIS }, boundaries: ['signals'], rarely: true },
  { format: 'cjs', together: { mcp: ['mcp'] }, boundaries: ['signals'] },
  { format: 'cjs', entries: { plain: 'src/worker/boot/plain-preload.ts' }, boundaries: [] },
  { entries: { 'probe-child': 'src/diagnose/bootstrap/probe-child.ts' }, boundaries: [] },
  {
    besideApp: true,
    format: 'cjs',
    strict: true,
    cached: true,
    lean: true,
    entries: { 'plain-worker': 'src/worker/boot/plain-worker.ts' },
    boundaries: ['signals', 'telemetry'],
  },
  {
    format: 'cjs',
    entries: { 'pm2-require': 'src/api/pm2-require.ts' },
    boundaries: [],
  },
  {
    entries: { 'flush-process': 'src/telemetry/flush-process.ts' },
    boundaries: ['signals'],
    chunks: 'flush-process-[hash]',
  },
  {
    besideApp: true,
    entries: { pm2: 'src/api/pm2-preload.ts' },
    boundaries: ['signals', 'access-log'],
    chunks: 'pm2-[hash]',
  },
  { besideApp: true, entries: { 'access-log': 'src/worker/access-log/access-log.ts' }, boundaries: [] },
  {
    besideApp: true,
    entries: { signals: 'src/telemetry/signals/index.ts' },
    boundaries: [],
    chunks: 'signals-[hash]',
  },
  { format: 'cjs', entries: { 'run-program': 'src/platforms/pm2/run-program.ts' }, boundaries: [] },
  { alone: true, entries: { 'orphan-guard': 'src/supervisor/orphan-guard-process.ts' }, boundaries: [] },
];

/** Half of what Node would compile at each start: each as the part of it that is used, as `import` of a CommonJS file gives it. */
export const RARELY = {
  zod: "export { boolean, custom, number, record, strictObject, string, union } from 'zod'",
  croner: "export { Cron } from 'croner'",
  chokidar: "export { watch } from 'chokidar'",
  picomatch: "module.exports = require('picomatch')",
  'js-yaml': "export { load, loadAll } from 'js-yaml'",
};
