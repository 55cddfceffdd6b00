// Bundles what starts often into few files: a worker that resolves a hundred modules pays for it at each boot.
// What goes into which file is declared in bundles.mjs, and held against manifest.json. `--accept` writes that anew.
// It reads the sources, not what tsc made of them; only the declarations are tsc's.
import { rm } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { buildId } from './build-id.mjs';
import { BUNDLES, RARELY } from './bundles.mjs';
import { checkManifest } from './manifest.mjs';
import { writePack } from './pack.mjs';
import { buildPage } from './page.mjs';
import { BY_LOADER, BY_REF, makeInteropPlain } from './plain-interop.mjs';
import { besideApp, boundaries, outOfCache, rarely, sourceOf, yargsAsItIs } from './plugins.mjs';
import { build as buildOnce, writeThirdParty } from './third-party.mjs';
import { copyTypes } from './types.mjs';

const outdir = 'dist/bundle';

const alone = {
  outdir,
  bundle: true,
  format: 'esm',
  platform: 'node',
  target: 'node20.19',
  sourcemap: 'linked',
  metafile: true,
};

const common = {
  ...alone,
  // Names stay, for stack traces; what is left out is what every start would parse for nothing.
  minifyWhitespace: true,
  minifySyntax: true,
  // Node shows the line that an uncaught error was thrown from, and an instrumentation throws on what the app threw: a whole
  // file in one line would bury the error, and Node leaves the stack out behind it.
  lineLimit: 160,
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
    js: "import { createRequire as __kfRequire } from 'node:module';const require = __kfRequire(import.meta.filename);",
  },
};

const commonJs = {
  ...common,
  format: 'cjs',
  // The one dependency that the command line loads; no plain start waits for it.
  external: ['yargs'],
  outExtension: { '.js': '.cjs' },
  // Paths, not URLs: Node's parser of URLs is 0.3 MB of a primary's memory that nothing else of a plain start asks for.
  define: { ...common.define, 'import.meta.filename': '__filename', 'import.meta.dirname': '__dirname' },
  banner: { js: BY_REF },
};

function optionsOf(bundle) {
  const { entries, together, chunks } = bundle;
  const byRequire = bundle.format === 'cjs';
  const base = bundle.alone ? alone : byRequire ? commonJs : common;
  return {
    ...base,
    plugins: [
      ...(byRequire ? [yargsAsItIs] : []),
      ...(bundle.rarely ? [rarely] : []),
      boundaries(bundle.boundaries, bundle.besideApp ? besideApp : byRequire ? outOfCache : undefined),
    ],
    ...(entries && { entryPoints: entries }),
    ...(together && inOneFile(together)),
    ...(chunks && { splitting: true, chunkNames: chunks }),
    ...(base.banner && { banner: { js: bannerOf(bundle, base.banner.js) } }),
  };
}

function bannerOf({ format, strict, cached, lean, besideApp: isBesideApp }, common) {
  const byRequire = format === 'cjs';
  const clock = byRequire ? CLOCK : '';
  return [
    // What it puts in place of Node's functions is to be as strict as those; esbuild does not say it of CommonJS.
    strict ? "'use strict';" : '',
    common,
    cached ? BY_LOADER : '',
    isBesideApp ? nodesOwn(byRequire, lean) : clock,
  ].join('');
}

/**
 * Node's timers and clocks under the names of the globals, for what runs beside an app: that may replace those. DOM
 * emulations give timers that return numbers, fakes of tests stand still, and some remove `performance`. From Node's modules,
 * not from globalThis: some of these bundles are loaded after the app. `lean`: of `performance` there is `now()` alone.
 */
function nodesOwn(byRequire, lean) {
  const named = Object.entries({
    timers: ['setTimeout', 'clearTimeout', 'setInterval', 'clearInterval', 'setImmediate', 'clearImmediate'],
    ...(!lean && { perf_hooks: ['performance'] }),
    url: ['URL', 'URLSearchParams'],
  }).map(([module, names]) =>
    byRequire
      ? `const { ${names.join(', ')} } = require('node:${module}');`
      : `import { ${names.join(', ')} } from 'node:${module}';`,
  );
  return [...named, ...(lean ? [CLOCK] : [])].join('');
}

/**
 * `performance.now()` as it is, to a millisecond. node:perf_hooks, behind the global, would cost the start of a worker or of a
 * supervisor 3 ms and 0.3 MB for that alone. Divided twice: 1e6 is an operand so wide that V8 has code of its own for it, 64 kB of
 * the binary that a primary would hold for this.
 */
const CLOCK =
  'const performance=(({hrtime,uptime})=>{const ms=()=>{const[s,ns]=hrtime();return s*1e3+ns/1e3/1e3},start=ms()-uptime()*1e3;' +
  'return{now:()=>ms()-start}})(process);';

/** What several boundaries lead to, as one file that exports all of it. */
function inOneFile(together) {
  const [[file, names]] = Object.entries(together);
  const contents = names.map((name) => `export * from './${sourceOf(name)}';`).join('\n');
  return { outdir: undefined, outfile: `${outdir}/${file}.cjs`, stdin: { contents, resolveDir: '.', loader: 'js' } };
}

/**
 * Writes every bundle and the page.
 *
 * @param build esbuild's, or one that remembers
 * @returns esbuild's `metafile.outputs` of all
 */
export async function writeBundles(build) {
  const outputs = {};
  const bundled = async (options) => Object.assign(outputs, (await build(options)).metafile.outputs);
  for (const bundle of BUNDLES) await bundled(optionsOf(bundle));
  for (const [name, contents] of Object.entries(RARELY)) {
    const outfile = `${outdir}/rarely-${name}.cjs`;
    await bundled({
      ...commonJs,
      ...{ outdir: undefined, outfile, stdin: { contents, resolveDir: '.', loader: 'js' } },
    });
  }
  await writeExecutable(bundled);
  Object.assign(outputs, await buildPage('src/dev/page', `${outdir}/page`, build));
  await makeInteropPlain(outdir, cachedFiles());
  return outputs;
}

function cachedFiles() {
  return BUNDLES.filter(({ cached }) => cached).flatMap(({ entries }) =>
    Object.keys(entries).map((name) => `${name}.cjs`),
  );
}

/** Last: it holds what the bundles are. */
export const packBundles = () => writePack(outdir, 'held.gz');

async function writeExecutable(bundled) {
  await bundled({
    outdir,
    metafile: true,
    format: 'cjs',
    platform: 'node',
    target: 'node12',
    outExtension: { '.js': '.cjs' },
    bundle: true,
    minifyWhitespace: true,
    supported: { 'dynamic-import': true },
    entryPoints: { bin: 'src/bin.cts' },
    define: common.define,
  });
}

const TYPES = [
  'src/api/index.d.ts',
  'src/api/register.d.ts',
  'src/api/tracing.d.ts',
  'src/api/pm2-preload.d.ts',
  'hooks/index.d.ts',
  'hooks/telemetry.d.ts',
];

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  await rm(outdir, { recursive: true, force: true });
  await checkManifest(await writeBundles(buildOnce), process.argv.includes('--accept'));
  await packBundles();
  await writeThirdParty(outdir);
  await copyTypes(TYPES, 'dist/types');
}
