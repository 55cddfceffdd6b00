import { missingFor } from '../../config/presets.js';
import { carrierOf } from '../../contract/otlp-protocols.js';
import { otlpSignals } from '../../otel-env/export-settings.js';
import { read, textOf, valueIn } from '../../otel-env/read-variable.js';
import { redact } from '../../otel-env/redact.js';
import { otlpName } from '../../otel-env/variables.js';
import type { Checks, Problem } from '../check.js';
import { isTraced, textsOf, type Workload } from '../deployment/workload.js';
import type { Facts } from '../facts.js';
import { inSettings, type Settings } from './signal-checks.js';

/** Where signals go, and how a trace goes on from service to service. */
export const TARGET_CHECKS = {
  'propagators-none': {
    severity: 'warning',
    symptom: 'broken-traces',
    about: 'OTEL_PROPAGATORS is none or lacks tracecontext',
    find: ({ env, origin }) => {
      const said = valueIn(env, 'OTEL_PROPAGATORS');
      if (!said || said.some((one) => one !== 'none' && one !== 'baggage')) return [];
      return [
        {
          what: `${origin('OTEL_PROPAGATORS')} is ${said.join()}`,
          why: 'no trace goes on from one service to the next',
          fix: 'Unset it: tracecontext,baggage is the default.',
        },
      ];
    },
  },
  'propagators-differ': {
    severity: 'warning',
    symptom: 'broken-traces',
    about: 'services of one compose file, manifest or ecosystem file with different OTEL_PROPAGATORS',
    find: ({ deployments }) => byFile(deployments.workloads.filter(isService), propagatorsDiffer),
  },
  'preset-incomplete': {
    severity: 'warning',
    symptom: 'connection',
    about: 'a preset without the endpoint or the key that it needs',
    find: ({ loaded, env }) => {
      const preset = loaded?.resolved.values.preset;
      if (preset === undefined) return [];
      return missingFor(preset, env).map((what) => ({
        what,
        why: 'without it the collector is not found, or refuses what comes',
        fix: 'Say it as a flag, a variable or a key of the config file.',
        next: 'kf-cluster config   # what is effective, and where it came from',
      }));
    },
  },
  'endpoint-port': {
    severity: 'warning',
    symptom: 'protocol',
    about: 'the port of the other protocol: grpc to 4318, or HTTP to 4317',
    find: (facts) =>
      eachTarget(facts, (signal, { url, protocol, endpointFrom }) => {
        const { other, port: usual } = carrierOf(protocol);
        const { port } = carrierOf(other);
        if (endpointFrom === undefined || !new RegExp(`:${port}(/|$)`).test(url)) return [];
        return [
          {
            what: `${facts.origin(endpointFrom)} names port ${port}, and ${signal} are sent by ${protocol}`,
            why: `${port} is usually the port of ${other}`,
            fix: `OTEL_EXPORTER_OTLP_PROTOCOL=${other}, or port ${usual}`,
          },
        ];
      }),
  },
  'endpoint-path': {
    severity: 'warning',
    symptom: 'protocol',
    about: 'the base endpoint has the path of a signal already: /v1/traces is appended to it',
    find: (facts) =>
      eachTarget(facts, (_signal, { protocol, endpointFrom }) => {
        const name = otlpName(undefined, 'ENDPOINT');
        const text = textOf(facts.env, name) ?? '';
        const isAppended = endpointFrom === name && carrierOf(protocol).hasPaths;
        if (!isAppended || !/\/(v1\/(traces|metrics|logs)|otlp\/traces)\/?$/.test(text)) return [];
        return [
          {
            what: `${facts.origin(name)} is ${redact(name, text)}`,
            why: 'to the base endpoint /v1/traces is appended: the request goes to a path that is not there',
            fix: 'Leave the path out, or name it in OTEL_EXPORTER_OTLP_TRACES_ENDPOINT, which is taken as it stands.',
          },
        ];
      }),
  },
  'endpoint-loopback': {
    severity: 'warning',
    symptom: 'connection',
    about: 'localhost as the endpoint inside a container that has no collector beside it',
    find: ({ deployments }) =>
      deployments.workloads.flatMap((one) => {
        const text = Object.entries(textsOf(one)).find(
          ([name, value]) =>
            /^OTEL_EXPORTER_OTLP_.*ENDPOINT$/.test(name) &&
            /^(https?:\/\/)?(localhost|127\.|\[::1\])/.test(value ?? ''),
        );
        const isContainer = ['docker', 'compose', 'kubernetes'].includes(one.platform);
        const hasSidecar = one.platform === 'kubernetes' && (one.neighbours?.length ?? 0) > 1;
        const isHost = one.fields?.hostNetwork === true || one.fields?.networkMode === 'host';
        if (!text || !isContainer || hasSidecar || isHost) return [];
        return [
          {
            what: `${one.file}, ${one.name}: ${text[0]} is ${redact(text[0], text[1]!)}`,
            why: 'inside a container localhost is that container, and no collector runs in it',
            fix:
              one.platform === 'kubernetes'
                ? 'Name the Service, or the node by status.hostIP: kf-cluster init kubernetes'
                : 'Name the service of the collector.',
          },
        ];
      }),
  },
} satisfies Checks<Facts>;

function eachTarget(
  facts: Facts,
  find: (signal: string, target: Settings['targets']['traces']) => Problem[],
): Problem[] {
  return inSettings(facts, (settings) => {
    const problems = otlpSignals(settings).flatMap((signal) => find(signal, settings.targets[signal]));
    return problems.filter(({ fix }, i) => problems.findIndex((one) => one.fix === fix) === i);
  });
}

/** A Dockerfile is one, and a script of a package.json another way to start the same. */
export function isService(one: Workload): boolean {
  return isTraced(one) && one.platform !== 'npm' && one.platform !== 'docker';
}

/** What services of one file must agree on. */
export function byFile(
  workloads: readonly Workload[],
  find: (file: string, all: readonly Workload[]) => Problem[],
): Problem[] {
  const files = [...new Set(workloads.map(({ file }) => file))];
  return files.flatMap((file) =>
    find(
      file,
      workloads.filter((one) => one.file === file),
    ),
  );
}

function propagatorsDiffer(file: string, all: readonly Workload[]): Problem[] {
  const lists = new Map(all.map((one) => [one.name, listOf(one)]));
  const kinds = new Set(lists.values());
  if (kinds.size < 2) return [];
  const shown = [...lists].map(([name, list]) => `${name}: ${list}`).join('; ');
  return [
    {
      what: `${file}: services propagate differently: ${shown}`,
      why: 'who does not read the header of its caller begins a trace of its own',
      fix: 'Set the same OTEL_PROPAGATORS everywhere.',
    },
  ];
}

/** As it was written where it cannot be read: an expression of a shell or of a template, as a rule. */
function listOf(one: Workload): string {
  const env = textsOf(one);
  const said = valueIn(env, 'OTEL_PROPAGATORS') ?? textOf(env, 'OTEL_PROPAGATORS')?.split(',');
  return [...(said ?? read({}, 'OTEL_PROPAGATORS'))].toSorted().join(',');
}
