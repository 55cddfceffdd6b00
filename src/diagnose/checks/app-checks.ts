import { dirname } from 'node:path';
import { AUTO } from '../../telemetry/instrumentation-packages.js';
import { importersOf, inDir, type Source } from '../app/sources.js';
import type { Checks, Problem } from '../check.js';
import type { Facts } from '../facts.js';
import { AGENTS, agentFinding } from './agents.js';
import { isHeaderProblem } from './headers.js';

/** What the app's own code and what is loaded before it do to telemetry. */
export const APP_CHECKS = {
  configuration: {
    severity: 'error',
    symptom: 'deployment',
    about: 'what a start would end with: a script that is not there, a wrong option or variable',
    find: ({ failures, env }) =>
      failures
        .filter((error) => !isHeaderProblem(error, env))
        .map((error) => ({ what: `${error.code}: ${error.message}`, why: error.why, fix: error.fix })),
  },
  'other-agent': {
    severity: 'warning',
    symptom: 'not-attached',
    about:
      'another tracing agent in the app: dd-trace, newrelic, elastic-apm-node, Sentry, Vercel, Azure, Splunk, Dynatrace',
    find: (facts) => Object.entries(AGENTS).flatMap(([name, agent]) => agentFinding(name, agent, facts)),
  },
  'own-provider': {
    severity: 'warning',
    symptom: 'not-attached',
    about: 'the app registers a provider of its own',
    find: (facts) => {
      if (facts.loaded?.resolved.values.telemetry === false && facts.failures.length === 0) return [];
      const file = facts.sources.find(registersProvider);
      if (!file) return [];
      return [
        {
          what: `${inDir(facts.dir, file.file)} registers a provider of its own`,
          why: 'the built-in one is registered first: the second registration is refused, or each request has two spans',
          fix: 'Remove it, or keep it and turn the built-in pipeline off with --no-telemetry. In postFork it takes the place of ours: docs/HOOKS.md',
          next: `kf-cluster start ${inDir(facts.dir, facts.script ?? 'app.js')} --no-telemetry`,
        },
      ];
    },
  },
  'provider-in-primary': {
    severity: 'error',
    symptom: 'workers',
    about: 'a hooks file registers a provider when it is loaded, in the primary too',
    find: (facts) =>
      startsSdk(facts, true).map(({ from, specifier }) => ({
        what: `${from} (${inDir(facts.dir, specifier)}) registers a provider when it is loaded`,
        why: 'the primary loads it too: a start ends with PROVIDER_IN_PRIMARY',
        fix: 'Move the set-up into postFork, which runs in each worker: docs/FORK_SAFETY.md',
      })),
  },
  'injected-sdk': {
    severity: 'information',
    symptom: 'not-attached',
    about: 'a preload with an OpenTelemetry SDK of its own: it is replaced',
    find: (facts) =>
      startsSdk(facts, false).map(({ from, specifier }) => ({
        what: `${from} loads an OpenTelemetry SDK: ${inDir(facts.dir, specifier)}`,
        why: 'the workers start without it, with the built-in one: settings in its code are lost',
        fix: 'Put them into --instrumentations or a hooks file, and leave the preload out: docs/TELEMETRY.md',
      })),
  },
  'preload-missing': {
    severity: 'error',
    symptom: 'deployment',
    about: 'NODE_OPTIONS or --node-args load a module that is not there',
    find: ({ preloads }) =>
      preloads
        .filter(({ file, package: name }) => file === undefined && name !== 'kf-cluster')
        .map(({ from, specifier }) => ({
          what: `${from} loads ${specifier}, and there is no such module`,
          why: 'Node looks for it from the working directory, and ends before the app',
          fix: 'Name the file by an absolute path, or install the package.',
        })),
  },
  'loaded-early': {
    severity: 'warning',
    symptom: 'too-late',
    about: 'a library that is to be instrumented is loaded by a preload or a hooks file',
    find: (facts) => facts.preloads.flatMap((preload) => loadedEarly(preload, facts)),
  },
  bundled: {
    severity: 'warning',
    symptom: 'not-attached',
    about: 'the script is a bundle of webpack, esbuild, Rollup or Next: what is inside cannot be instrumented',
    find: ({ sources, script, graph, manifest, dir }) => {
      const source = sources.find(({ file }) => file === script) ?? sources[0];
      const bundler = source && bundlerOf(source);
      if (!source || bundler === undefined) return [];
      const inside = Object.keys(manifest.dependencies).filter(
        (name) => source.text.includes(`node_modules/${name}/`) && graph.all.some((one) => one.name === name),
      );
      return bundleFinding(inDir(dir, source.file), bundler, inside);
    },
  },
} satisfies Checks<Facts>;

function registersProvider({ text }: Source): boolean {
  const isNodeSdk = /new\s+(?:\w+\.)?NodeSDK\s*\(/.test(text) && /\.start\s*\(/.test(text);
  const isProvider = /new\s+(?:\w+\.)?(NodeTracerProvider|BasicTracerProvider)\s*\(/.test(text);
  return isNodeSdk || (isProvider && /\.register\s*\(|setGlobalTracerProvider\s*\(/.test(text));
}

const HOOKS = 'the hooks file';
const INJECTED = /^@opentelemetry\/auto-instrumentations-node$/;

function startsSdk({ preloads }: Facts, inHooks: boolean): Facts['preloads'] {
  return preloads.filter(
    (one) => (one.from === HOOKS) === inHooks && (one.sources.some(registersAtTop) || INJECTED.test(one.package ?? '')),
  );
}

/** Outside of any function: in a hooks file a postFork may do it. */
function registersAtTop(source: Source): boolean {
  if (!registersProvider(source)) return false;
  const calls = /\.(start|register)\s*\(|setGlobalTracerProvider\s*\(/g;
  return [...source.text.matchAll(calls)].some(({ index }) => depthAt(source.text, index) === 0);
}

/** How many braces are open, those in texts included: a file that is written by hand closes them again. */
function depthAt(text: string, index: number): number {
  let depth = 0;
  for (const [brace] of text.slice(0, index).matchAll(/[{}]/g)) depth += brace === '{' ? 1 : -1;
  return depth;
}

/** Libraries whose instrumentation is among the app's dependencies. */
function loadedEarly({ from, specifier, sources, package: name }: Facts['preloads'][number], facts: Facts): Problem[] {
  const early = Object.keys(facts.manifest.dependencies).filter((library) => {
    const isLoaded = name === library || importersOf(sources.filter(importsAtTop(library)), library).length > 0;
    return isLoaded && instrumentationFor(library, facts) !== undefined;
  });
  return early.map((library) => ({
    what: `${from} (${inDir(facts.dir, specifier)}) loads ${library} before ${instrumentationFor(library, facts)}`,
    why: 'a module that is there before its instrumentation stays as it is: it makes no spans',
    fix: 'Load it in the app, or inside a hook, not at the top of what is loaded before.',
  }));
}

/** By the name that all of them follow; the table of bootstrap is not needed for it. */
function instrumentationFor(library: string, { manifest }: Facts): string | undefined {
  const short = library.replace(/^@/, '').replaceAll('/', '-');
  return [`@opentelemetry/instrumentation-${short}`, AUTO].find((name) => name in manifest.dependencies);
}

const importsAtTop =
  (library: string) =>
  ({ text }: Source): boolean => {
    const pattern = new RegExp(
      `(\\bfrom|\\bimport|\\brequire\\s*\\()\\s*['"]${library.replaceAll(/[/.]/g, '\\$&')}`,
      'g',
    );
    return [...text.matchAll(pattern)].some(({ index }) => depthAt(text, index) === 0);
  };

function bundlerOf({ text, file }: Source): string | undefined {
  if (/\.next\/standalone\//.test(file)) return 'next';
  if (/__webpack_require__\s*[=(]|__webpack_modules__/.test(text)) return 'webpack';
  if (/\bvar __(commonJS|esm)\s*=/.test(text)) return 'esbuild';
  return /\bcommonjsGlobal\b|\bgetDefaultExportFromCjs\b/.test(text) ? 'rollup' : undefined;
}

const EXTERNALS: Readonly<Record<string, (names: string) => string>> = {
  next: (names) => `serverExternalPackages: [${names}] in next.config.js`,
  webpack: (names) => `externals: [${names}], or webpack-node-externals`,
  esbuild: () => '--packages=external',
  rollup: (names) => `external: [${names}]`,
};

function bundleFinding(file: string, bundler: string, inside: readonly string[]): Problem[] {
  const names = inside.map((name) => `'${name}'`).join(', ') || 'the libraries to be traced';
  const held = inside.length > 0 ? `: ${inside.join(', ')}` : '';
  return [
    {
      what: `${file} is a bundle of ${bundler}${held}`,
      why: 'an instrumentation patches a module when it is loaded; one that is inside a bundle never is',
      fix: `Leave them outside: ${EXTERNALS[bundler]!(names)}`,
      next: `ls ${dirname(file) === '.' ? 'node_modules' : `${dirname(file)}/node_modules`}`,
    },
  ];
}
