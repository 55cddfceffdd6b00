import { editDistance, nearest } from '../../contract/nearest.js';
import type { Env } from '../../otel-env/read-variable.js';
import { VARIABLES } from '../../otel-env/variables.js';
import type { Checks, Problem } from '../check.js';
import { isTraced, textsOf } from '../deployment/workload.js';
import type { Facts } from '../facts.js';

/** Whether variables are called what they should be, and reach the process. */
export const VARIABLE_CHECKS = {
  'otel-misspelt': {
    severity: 'warning',
    symptom: 'no-traces',
    about: 'an OTEL_* variable that nobody reads and that is nearly one that is',
    find: (facts) => eachName(facts, (name) => misspelt(name)),
  },
  'otel-other-language': {
    severity: 'warning',
    symptom: 'no-traces',
    about: 'variables of the agents for Java, Python, .NET, Go, PHP and Ruby',
    find: (facts) => eachName(facts, (name) => foreign(name)),
  },
  'otel-unread': {
    severity: 'information',
    symptom: 'no-traces',
    about: 'an OTEL_* variable that nothing here reads',
    find: ({ env }) =>
      Object.keys(env)
        .filter(
          (name) =>
            name.startsWith('OTEL_') && !isKnown(name) && !misspelt(name) && !foreign(name) && !ELSEWHERE.test(name),
        )
        .map((name) => ({
          what: `${name} is not read`,
          why: 'it is no variable of the specification that has a meaning here',
          fix: 'See the table in docs/CONFIGURATION.md.',
        })),
  },
  'otel-config-file': {
    severity: 'warning',
    symptom: 'no-traces',
    about: 'OTEL_CONFIG_FILE is set: declarative configuration is not read',
    find: (facts) =>
      eachName(facts, (name) =>
        /^OTEL_(EXPERIMENTAL_)?CONFIG_FILE$/.test(name)
          ? {
              what: `${name} is set, and not read`,
              why: 'kf-cluster is configured by OTEL_* variables, flags and its config file: what stands in that file has no effect',
              fix: 'Say the same with variables: docs/CONFIGURATION.md',
              next: 'kf-cluster config',
            }
          : undefined,
      ),
  },
  'node-options-quotes': {
    severity: 'error',
    symptom: 'not-attached',
    about: 'quotes that became a part of NODE_OPTIONS or of an OTEL_* variable',
    find: (facts) =>
      eachText(facts, (name, text) => {
        const isOurs = name === 'NODE_OPTIONS' || name.startsWith('OTEL_');
        if (!isOurs || !/^(["']).*\1$/s.test(text.trim())) return undefined;
        return {
          what: `the value of ${name} is in quotes`,
          why: 'Docker, systemd and Kubernetes take quotes as a part of the value: only a shell takes them off',
          fix: `Write it without them: ${name}=...`,
        };
      }),
  },
  'register-beside-start': {
    severity: 'information',
    symptom: 'not-attached',
    about: 'kf-cluster/register is loaded in workers of a supervisor, where it does nothing',
    find: ({ preloads, deployments }) => {
      const isHere = preloads.some(({ specifier }) => specifier === 'kf-cluster/register');
      const isStarted = deployments.workloads.some(({ command }) => /kf-cluster start/.test(command.join(' ')));
      if (!isHere || !isStarted) return [];
      return [
        {
          what: 'kf-cluster/register is loaded beside kf-cluster start',
          why: 'workers have their telemetry already: register leaves them alone',
          fix: 'Leave it out of NODE_OPTIONS, or start the app with node.',
        },
      ];
    },
  },
  'flag-lost-pm2': {
    severity: 'warning',
    symptom: 'not-attached',
    about: "node_args of pm2's cluster mode: they act on pm2's own container, before the app's module system",
    find: ({ deployments }) =>
      deployments.workloads.flatMap(({ platform, fields, name, file }) => {
        const args = Array.isArray(fields?.nodeArgs) ? fields.nodeArgs.map(String) : [];
        const preload = args.find((arg) => /^(--import|--require|-r)(=|$)/.test(arg));
        if (platform !== 'pm2' || fields?.cluster !== true || preload === undefined) return [];
        if (args.some((arg) => arg.includes('kf-cluster/pm2'))) return [];
        return [
          {
            what: `${file}: ${name} has node_args with ${preload.split('=')[0]} in cluster mode`,
            why: 'in cluster mode pm2 forks its own ProcessContainer.js: the flags belong to that, and reach no worker after a reload with other ones',
            fix: `Run the file with kf-cluster, which passes them on: docs/PM2.md`,
            next: `kf-cluster start ${file}`,
          },
        ];
      }),
  },
  'flag-lost-shell': {
    severity: 'warning',
    symptom: 'not-attached',
    about: 'NODE_OPTIONS in front of a command that drops the environment (sudo, env -i, su)',
    find: ({ deployments }) =>
      deployments.workloads.flatMap(({ env, command, file, name }) => {
        const set = Object.keys(env).filter((one) => one === 'NODE_OPTIONS' || one.startsWith('OTEL_'));
        const dropper =
          command[0] === 'sudo' && !command.includes('-E') ? 'sudo' : command[0] === 'su' ? 'su' : undefined;
        if (set.length === 0 || dropper === undefined) return [];
        return [
          {
            what: `${file}, ${name}: ${set.join(', ')} in front of ${dropper}`,
            why: `${dropper} starts the command with an environment of its own`,
            fix: dropper === 'sudo' ? 'sudo -E, or --user of kf-cluster start.' : 'Set them inside.',
          },
        ];
      }),
  },
  'argument-behind-script': {
    severity: 'error',
    symptom: 'not-attached',
    about: 'flags of Node behind the script: they are arguments of the app',
    find: ({ deployments }) =>
      deployments.workloads.flatMap(({ command, file, name }) => {
        const script = command.findIndex(
          (word, i) =>
            i > 0 &&
            /\.[cm]?[jt]s$/.test(word) &&
            !/^-/.test(word) &&
            !/^(-r|--require|--import)$/.test(command[i - 1] ?? ''),
        );
        const isNode = /(^|\/)node$/.test(command[0] ?? '');
        const late =
          isNode && script > 0
            ? command.slice(script + 1).find((word) => /^(--require|--import|-r)(=|$)/.test(word))
            : undefined;
        if (late === undefined) return [];
        return [
          {
            what: `${file}, ${name}: ${late.split('=')[0]} stands behind ${command[script]}`,
            why: 'Node takes its own flags in front of the script only',
            fix: `node ${late} ${command[script]}`,
          },
        ];
      }),
  },
  'kf-variable': {
    severity: 'warning',
    symptom: 'deployment',
    about: 'a KF_CLUSTER_* variable that no option reads',
    find: ({ loaded }) =>
      (loaded?.resolved.notes ?? [])
        .filter((note) => /^KF_CLUSTER_\w+.* is no option/.test(note))
        .map((note) => ({
          what: note,
          why: 'it has no effect',
          fix: 'See docs/CONFIGURATION.md.',
        })),
  },
} satisfies Checks<Facts>;

const KNOWN = new Set(Object.keys(VARIABLES));
/** Read by the SDK, an instrumentation or the app, or by other tools of the project. */
const ELSEWHERE =
  /^OTEL_(NODE_|SEMCONV_|DIAGNOSTIC_|RESOURCE_PROVIDERS|EXPORTER_(JAEGER|ZIPKIN|PROMETHEUS)|COLLECTOR_|GO_X_)/;
const LANGUAGES: readonly [RegExp, string][] = [
  [/^OTEL_(JAVAAGENT|JAVA|INSTRUMENTATION)_|^JAVA_TOOL_OPTIONS$/, 'Java'],
  [/^OTEL_PYTHON_/, 'Python'],
  [/^OTEL_DOTNET_|^CORECLR_/, '.NET'],
  [/^OTEL_GO_/, 'Go'],
  [/^OTEL_PHP_/, 'PHP'],
  [/^OTEL_RUBY_/, 'Ruby'],
];

function isKnown(name: string): boolean {
  return KNOWN.has(name) || /^OTEL_(EXPERIMENTAL_)?CONFIG_FILE$/.test(name);
}

function misspelt(name: string): Problem | undefined {
  const upper = name.toUpperCase();
  if (upper !== name && KNOWN.has(upper)) {
    return { what: `${name} is not read`, why: 'names of variables are in capitals', fix: `Call it ${upper}.` };
  }
  if (!/^(OTEL|OLTP|OTLP|OPENTELEMETRY|0TEL)_/.test(name) || isKnown(name) || ELSEWHERE.test(name)) return undefined;
  const near = nearest(name, KNOWN);
  if (near === undefined || editDistance(name, near) > 2) return undefined;
  return { what: `${name} is not read`, why: `no variable has that name; ${near} is one`, fix: `Call it ${near}.` };
}

function foreign(name: string): Problem | undefined {
  const language = LANGUAGES.find(([pattern]) => pattern.test(name))?.[1];
  if (language === undefined || isKnown(name) || (name === 'JAVA_TOOL_OPTIONS' && language === 'Java'))
    return undefined;
  return {
    what: `${name} belongs to OpenTelemetry for ${language}`,
    why: 'nothing in a Node process reads it',
    fix: 'See the table in docs/CONFIGURATION.md for what means the same here.',
  };
}

/** Every variable of this environment and of the files of the project, by name; what is in several places is reported once. */
function eachName(facts: Facts, find: (name: string) => Problem | undefined): Problem[] {
  return eachText(facts, find);
}

function eachText({ env, deployments }: Facts, find: (name: string, text: string) => Problem | undefined): Problem[] {
  const found = new Map<string, Problem>();
  const look = (vars: Env, where: string) => {
    for (const [name, text] of Object.entries(vars)) {
      const problem = find(name, text ?? '');
      if (problem && !found.has(name)) found.set(name, { ...problem, what: `${problem.what}${where}` });
    }
  };
  look(env, '');
  for (const one of deployments.workloads)
    if (isTraced(one) || 'NODE_OPTIONS' in one.env) look(textsOf(one), ` in ${one.file}`);
  for (const { values, file } of deployments.settings) look(values, ` in ${file}`);
  return [...found.values()];
}
