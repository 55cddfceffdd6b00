// Bundles what starts often into few files: a worker that resolves a hundred modules pays for it at each boot.
import { createHash } from 'node:crypto';
import { readFile, rm } from 'node:fs/promises';
import { buildId } from './build-id.mjs';
import { writePack } from './pack.mjs';
import { makeInteropPlain } from './plain-interop.mjs';
import { build, writeThirdParty } from './third-party.mjs';
import { copyTypes } from './types.mjs';

const outdir = 'dist/bundle';
await rm(outdir, { recursive: true, force: true });

// Metrics and logs stand in a file of their own that shares nothing with the rest: what two files share is cut out of both,
// and a worker that has traces alone would load it.
const signalsApart = {
  name: 'signals-apart',
  setup({ onResolve }) {
    onResolve({ filter: /\/signals\/index\.js$/ }, ({ kind }) =>
      kind === 'dynamic-import' ? { path: './signals.js', external: true } : undefined,
    );
  },
};

const common = {
  plugins: [signalsApart],
  outdir,
  bundle: true,
  format: 'esm',
  platform: 'node',
  target: 'node20.19',
  // Names stay, for stack traces; what is left out is what every start would parse for nothing.
  minifyWhitespace: true,
  minifySyntax: true,
  // Node shows the line that an uncaught error was thrown from, and an instrumentation throws on what the app threw: a whole
  // file in one line would bury the error, and Node leaves the stack out behind it.
  lineLimit: 160,
  sourcemap: 'linked',
  legalComments: 'linked',
  define: { __KF_BUILD_ID: JSON.stringify(await buildId()) },
  // The ES module builds of the OpenTelemetry packages can be shaken; their CommonJS builds cannot.
  mainFields: ['module', 'main'],
  conditions: ['module'],
  // @opentelemetry/api is inside, at the lowest version we support, and joined to the app's copy at run time: see
  // src/telemetry/join.ts. Its exact version is pinned among the devDependencies.
  alias: {
    '@opentelemetry/semantic-conventions': './src/telemetry/shims/semconv.mjs',
    'import-in-the-middle': './src/telemetry/shims/no-module-hook.ts',
    'require-in-the-middle': './src/telemetry/shims/no-module-hook.ts',
  },
  // CommonJS dependencies inside an ES module still call require for node's own modules.
  banner: {
    js: "import { createRequire as __kfRequire } from 'node:module';const require = __kfRequire(import.meta.url);",
  },
};

// The SDK, loaded only where spans are made: one file, for each file more costs a worker's boot a millisecond. So does the
// worker's own part of it, and the few lines in front, which the app's own forks and threads load as well.
const telemetryApart = {
  name: 'telemetry-apart',
  setup({ onResolve }) {
    onResolve({ filter: /(^\.|\/telemetry)\/index\.js$/ }, ({ path, importer, kind }) =>
      kind === 'dynamic-import' && (path !== './index.js' || importer.endsWith('/telemetry/single.ts'))
        ? { path: './telemetry.js', external: true }
        : undefined,
    );
  },
};
const runApart = {
  name: 'run-apart',
  setup({ onResolve }) {
    onResolve({ filter: /^\.\/boot-worker\.js$/ }, ({ importer }) =>
      importer.endsWith('/boot/preload.ts') ? { path: './worker-run.js', external: true } : undefined,
    );
  },
};
await build({ ...common, entryPoints: { telemetry: 'src/telemetry/index.ts' } });
await build({
  ...common,
  plugins: [runApart, telemetryApart, ...common.plugins],
  entryPoints: { worker: 'src/worker/boot/preload.ts', 'worker-run': 'src/worker/boot/boot-worker.ts' },
});
await build({
  ...common,
  plugins: [telemetryApart, ...common.plugins],
  splitting: true,
  entryPoints: {
    index: 'src/api/index.ts',
    hooks: 'hooks/index.ts',
    'telemetry-hooks': 'hooks/telemetry.ts',
    register: 'src/api/register.ts',
    tracing: 'src/api/tracing.ts',
    reader: 'src/config/reader-process.ts',
    receiver: 'src/dev/receiver-process.ts',
  },
});

// What a plain start does not need stands in files of its own: half of what Node would compile at each start.
// Each as the part of it that is used, in the form that `import` of a CommonJS file gives.
const RARELY = {
  zod: "export { boolean, custom, number, record, strictObject, string, union } from 'zod'",
  croner: "export { Cron } from 'croner'",
  chokidar: "export { watch } from 'chokidar'",
  picomatch: "module.exports = require('picomatch')",
  'js-yaml': "export { load } from 'js-yaml'",
};
// By require, also where the source says import(): code that comes out of V8's cache cannot import.
const besides = (name, filter, fileOf) => ({
  name,
  setup({ onResolve, onLoad }) {
    onResolve({ filter }, (args) => {
      const path = fileOf(args);
      return path && { path, namespace: name };
    });
    onLoad({ filter: /.*/, namespace: name }, ({ path }) => ({ contents: `module.exports = require('./${path}')` }));
    onResolve({ filter: /.*/, namespace: name }, ({ path }) => ({ path, external: true }));
  },
});
const rarely = besides(
  'rarely',
  new RegExp(`^(${Object.keys(RARELY).join('|')})$`),
  ({ path, namespace }) => namespace === 'file' && `rarely-${path}.cjs`,
);
const commonJs = {
  ...common,
  format: 'cjs',
  // The one dependency that the command line loads: it is CommonJS, and no start of a worker waits for it.
  external: ['yargs'],
  outExtension: { '.js': '.cjs' },
  define: { ...common.define, 'import.meta.url': '__kfUrl' },
  banner: { js: "const __kfUrl = require('node:url').pathToFileURL(__filename).href;" },
};
for (const [name, contents] of Object.entries(RARELY)) {
  const outfile = `${outdir}/rarely-${name}.cjs`;
  await build({ ...commonJs, outdir: undefined, outfile, stdin: { contents, resolveDir: '.', loader: 'js' } });
}

// The primary is CommonJS: Node's ES module loader alone would cost it 5 MB and 10 ms. A plain start and its supervisor
// stand alone in it; every other command has the other file, with a copy of what both need.
const commands = besides(
  'commands',
  /^\.\/(commands|command-target|ecosystem|daemon)\.js$/,
  ({ importer }) => /src\/(cli\/(main|start-command)|config\/load-options)\.ts$/.test(importer) && 'commands.cjs',
);
const COMMANDS = `export { runCommand } from './src/cli/commands.js';
  export { commandTarget } from './src/config/command-target.js'; export { startEcosystem } from './src/cli/ecosystem.js'; export { startDaemon } from './src/cli/daemon.js';`;
await build({
  ...commonJs,
  plugins: [rarely, commands, ...common.plugins],
  entryPoints: { primary: 'src/cli/main.ts' },
});
await build({
  ...commonJs,
  outdir: undefined,
  outfile: `${outdir}/commands.cjs`,
  plugins: [rarely, ...common.plugins],
  stdin: { contents: COMMANDS, resolveDir: '.', loader: 'js' },
});

// A worker's preload where there is nothing to await. An app that registers a provider itself needs more, from the others.
await build({
  ...commonJs,
  // What it puts in place of Node's functions is to be as strict as those; esbuild does not say it of CommonJS.
  banner: { js: `'use strict';${commonJs.banner.js}` },
  plugins: [telemetryApart, ...common.plugins],
  entryPoints: { plain: 'src/worker/boot/plain-preload.ts' },
});

const primaryText = await readFile(`${outdir}/primary.cjs`);
await build({
  outdir,
  format: 'cjs',
  platform: 'node',
  target: 'node12',
  outExtension: { '.js': '.cjs' },
  bundle: true,
  minifyWhitespace: true,
  supported: { 'dynamic-import': true },
  entryPoints: { bin: 'src/bin.cts' },
  define: { __KF_BUILD: JSON.stringify(createHash('sha256').update(primaryText).digest('hex').slice(0, 16)) },
});

// The forms for `--require` of preloads that have to await: each holds the app back and imports the other form.
await build({
  ...commonJs,
  entryPoints: { 'pm2-require': 'src/api/pm2-require.ts', 'worker-require': 'src/worker/boot/require-preload.ts' },
});

// Apart, though it shares most of its code: what two entries share is cut into chunks, and each costs a worker's boot.
await build({
  ...common,
  splitting: true,
  chunkNames: 'courier-[hash]',
  entryPoints: { courier: 'src/telemetry/flush-process.ts' },
});

// Apart for the same reason.
await build({
  ...common,
  splitting: true,
  chunkNames: 'pm2-[hash]',
  entryPoints: { pm2: 'src/api/pm2-preload.ts' },
});

await build({
  ...common,
  splitting: true,
  chunkNames: 'signals-[hash]',
  entryPoints: { signals: 'src/telemetry/signals/index.ts' },
});

// Alone and small: this one runs in a thread of every worker, where each module costs memory.
await build({
  entryPoints: { 'watchdog-thread': 'src/worker/hang/watchdog-thread.ts' },
  outdir,
  bundle: true,
  format: 'esm',
  platform: 'node',
  target: 'node20.19',
  sourcemap: 'linked',
});

// Alone too: it starts when the primary is gone, for as long as there are orphans.
await build({
  entryPoints: { 'orphan-guard': 'src/supervisor/orphan-guard-process.ts' },
  outdir,
  bundle: true,
  format: 'esm',
  platform: 'node',
  target: 'node20.19',
  sourcemap: 'linked',
});

// A worker's script where the app is no program of Node: it runs beside each, so nothing but Node's own modules is in it.
await build({
  ...commonJs,
  entryPoints: { 'run-program': 'src/platforms/pm2/run-program.ts' },
});

await makeInteropPlain(outdir);
await writePack(outdir, 'held.gz'); // last: it holds what the others are
await writeThirdParty(outdir);
await copyTypes(
  [
    'src/api/index.d.ts',
    'src/api/register.d.ts',
    'src/api/tracing.d.ts',
    'src/api/pm2-preload.d.ts',
    'hooks/index.d.ts',
    'hooks/telemetry.d.ts',
  ],
  'dist/types',
);
