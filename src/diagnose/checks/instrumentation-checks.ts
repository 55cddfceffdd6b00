import { isEsmScript } from '../../config/module-type.js';
import { editDistance, nearest } from '../../contract/nearest.js';
import { valueIn } from '../../otel-env/read-variable.js';
import { AUTO, isInstrumentation, shortNameOf } from '../../telemetry/instrumentation-packages.js';
import { copiesOf } from '../app/graph.js';
import { adviceFor } from '../bootstrap/advice.js';
import type { ProbedInstrumentation, ProbedModule } from '../bootstrap/instrumentation-probe.js';
import { probeInstrumentations } from '../bootstrap/instrumentation-probe.js';
import { INSTRUMENTATIONS } from '../bootstrap/instrumentation-rows.js';
import type { Checks, Problem } from '../check.js';
import type { Facts } from '../facts.js';
import { inRange } from '../semver.js';

/** Which libraries make spans, and which could. */
export const INSTRUMENTATION_CHECKS = {
  'instrumentation-range': {
    severity: 'warning',
    symptom: 'not-attached',
    about: 'a library whose version its instrumentation does not support',
    find: async (facts) =>
      (await probed(facts)).flatMap((one) =>
        one.modules.flatMap(({ name, version, ranges }) => {
          if (version === undefined || one.modules.some(isSupported)) return [];
          return [
            {
              what: `${name} ${version} is outside of what ${one.package} supports: ${ranges.join(' || ')}`,
              why: 'it is loaded as it is, without a word: it makes no spans',
              fix: 'Take another version of the instrumentation, or of the library.',
              next: 'kf-cluster bootstrap',
            },
          ];
        }),
      ),
  },
  'instrumentation-unloadable': {
    severity: 'warning',
    symptom: 'not-attached',
    about: 'an instrumentation package that throws when it is loaded',
    find: async (facts) =>
      (await probed(facts)).flatMap(({ package: name, error: why }) =>
        why === undefined
          ? []
          : { what: `${name} cannot be loaded`, why, fix: 'Install it anew.', next: `npm i ${name}` },
      ),
  },
  'instrumentation-unprobed': {
    severity: 'warning',
    symptom: 'not-attached',
    about: 'an instrumentation package of which nothing is known: loading it does not end, or ends the process',
    find: async (facts) =>
      (await probed(facts)).flatMap(({ package: name, unknown: why }) =>
        why === undefined
          ? []
          : {
              what: `${name} was not looked at`,
              why,
              fix: 'Load it by itself to see what it does; on a busy machine run doctor again.',
              next: `node -e 'require("${name}")'`,
            },
      ),
  },
  'instrumentation-dev-only': {
    severity: 'warning',
    symptom: 'not-attached',
    about: 'an instrumentation among devDependencies, which production does not install',
    find: ({ manifest: { devDependencies, dependencies } }) =>
      Object.keys(devDependencies)
        .filter((name) => isInstrumentation(name) && !(name in dependencies))
        .map((name) => ({
          what: `${name} is among the devDependencies`,
          why: 'it is loaded where it is there: npm ci --omit=dev leaves it out',
          fix: 'Move it.',
          next: `npm i ${name}`,
        })),
  },
  'instrumentation-dead': {
    severity: 'information',
    symptom: 'not-attached',
    about: 'an instrumentation whose library the app does not have',
    find: async (facts) =>
      (await probed(facts))
        .filter(
          ({ modules, package: name }) =>
            name !== AUTO &&
            modules.length > 0 &&
            modules.every(({ name: module, version }) => version === undefined && !BUILTIN.has(module)),
        )
        .map(({ package: name, modules }) => ({
          what: `${name} has nothing to instrument`,
          why: `it is for ${modules.map((one) => one.name).join(', ')}, and the app has none of them`,
          fix: 'Remove it: it costs every worker its load time.',
          next: `npm rm ${name}`,
        })),
  },
  'instrumentation-missing': {
    severity: 'information',
    symptom: 'service-map',
    about: 'a library of the app for which there is an instrumentation',
    find: ({ manifest, graph, env }) => {
      const disabled = new Set(valueIn(env, 'OTEL_NODE_DISABLED_INSTRUMENTATIONS'));
      return Object.keys(manifest.dependencies).flatMap((library): Problem[] => {
        const version = copiesOf(graph, library)[0]?.version;
        const advice = version === undefined ? undefined : adviceFor(library, version, versionsIn(graph));
        if (advice?.type !== 'add' || advice.package in manifest.dependencies || AUTO in manifest.dependencies)
          return [];
        if (disabled.has(shortNameOf(advice.package))) return [];
        return [
          {
            what: `${library} is not instrumented`,
            why: `${advice.package} would make its calls visible`,
            fix: 'Add it.',
            next: `kf-cluster bootstrap -a install`,
          },
        ];
      });
    },
  },
  'instrumentation-code': {
    severity: 'information',
    symptom: 'service-map',
    about: 'a library that is traced by a few lines of code, or not at all',
    find: ({ manifest, graph }) =>
      Object.keys(manifest.dependencies).flatMap((library): Problem[] => {
        const version = copiesOf(graph, library)[0]?.version;
        const advice = version === undefined ? undefined : adviceFor(library, version, versionsIn(graph));
        if (advice?.type !== 'code' || advice.package in manifest.dependencies) return [];
        return [
          {
            what: `${library} is traced by ${advice.package}, and a few lines of code`,
            why: advice.why,
            fix: 'kf-cluster bootstrap prints them.',
            next: 'kf-cluster bootstrap',
          },
        ];
      }),
  },
  'esm-unhooked': {
    severity: 'warning',
    symptom: 'not-attached',
    about: 'an ES module app whose imports an instrumentation does not see',
    find: async (facts) =>
      (await probed(facts)).flatMap((one) => {
        const unseen = one.modules.filter(
          ({ seen, version, ranges }: ProbedModule) =>
            seen === false && version !== undefined && ranges.some((range) => inRange(version, range)),
        );
        if (unseen.length === 0) return [];
        return [
          {
            what: `${one.package} does not see the import of ${unseen.map(({ name }) => name).join(', ')}`,
            why: 'the app is an ES module, and the hook of that package does not act on this Node',
            fix: 'Update the instrumentation: its copy of @opentelemetry/instrumentation is too old or lies twice in node_modules.',
            next: 'npm ls import-in-the-middle @opentelemetry/instrumentation',
          },
        ];
      }),
  },
  'instrumentation-names': {
    severity: 'warning',
    symptom: 'not-attached',
    about:
      'OTEL_NODE_ENABLED_INSTRUMENTATIONS or OTEL_NODE_DISABLED_INSTRUMENTATIONS with a package name or a name that nothing has',
    find: ({ env, manifest }) =>
      [ENABLED, DISABLED].flatMap((variable) =>
        namesIn(env[variable]).flatMap((one) => {
          const name = meantBy(one, Object.keys(manifest.dependencies));
          if (name === undefined) return [];
          const why = 'it takes short names: this one is none, and changes nothing';
          return [{ what: `${variable} has ${one}`, why, fix: `Write ${name}` }];
        }),
      ),
  },
  'server-spans-off': {
    severity: 'warning',
    symptom: 'no-traces',
    about: 'http is left out by OTEL_NODE_ENABLED_INSTRUMENTATIONS or OTEL_NODE_DISABLED_INSTRUMENTATIONS',
    find: ({ env }) => {
      const enabled = namesIn(env[ENABLED]);
      const out = enabled.length > 0 && !enabled.includes('http') ? ENABLED : undefined;
      const by = namesIn(env[DISABLED]).includes('http') ? DISABLED : out;
      if (by === undefined) return [];
      return [
        {
          what: `${by} leaves http out`,
          why: 'requests have no SERVER span: what the rest makes is a trace of its own for each call',
          fix: by === ENABLED ? `${ENABLED}=http,${enabled.join(',')}` : 'Take http out of it.',
        },
      ];
    },
  },
} satisfies Checks<Facts>;

const ENABLED = 'OTEL_NODE_ENABLED_INSTRUMENTATIONS';
const DISABLED = 'OTEL_NODE_DISABLED_INSTRUMENTATIONS';

function namesIn(text = ''): string[] {
  return text
    .split(',')
    .map((one) => one.trim())
    .filter((one) => one !== '');
}

/** The short name that another one stands for; undefined for one that there is, or that is like none. */
function meantBy(name: string, installed: readonly string[]): string | undefined {
  if (name.startsWith('@') || name.startsWith('instrumentation-')) return shortNameOf(name);
  const packages = [...INSTRUMENTATIONS.map((one) => one.package), ...installed.filter(isInstrumentation)];
  const known = ['http', 'http2', 'undici', ...packages.map(shortNameOf)];
  const near = known.includes(name) ? undefined : nearest(name, known);
  const allowed = name.length < 6 ? 1 : 2; // pg, fs and net are near to each other
  return near !== undefined && name.length > 3 && editDistance(name, near) <= allowed ? near : undefined;
}

function isSupported({ version, ranges }: ProbedModule): boolean {
  return version !== undefined && ranges.some((range) => inRange(version, range));
}

function versionsIn(graph: Facts['graph']) {
  return (name: string) => copiesOf(graph, name)[0]?.version;
}

/** Of Node itself: always there. */
const BUILTIN = new Set(['http', 'https', 'fs', 'fs/promises', 'dns', 'dns/promises', 'net', 'undici', 'perf_hooks']);

const probes = new WeakMap<Facts, Promise<readonly ProbedInstrumentation[]>>();

/** Once for all checks. */
function probed(facts: Facts): Promise<readonly ProbedInstrumentation[]> {
  const { manifest, graph, dir, script } = facts;
  const packages = Object.keys(manifest.dependencies).filter(
    (name) => name !== AUTO && isInstrumentation(name) && graph.all.some((one) => one.name === name),
  );
  const running =
    probes.get(facts) ?? probeInstrumentations({ dir, packages, imports: script !== undefined && isEsmScript(script) });
  probes.set(facts, running);
  return running;
}
