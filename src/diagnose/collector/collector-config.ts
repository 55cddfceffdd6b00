import { KfError } from '../../contract/errors.js';
import { OTLP_CARRIERS, OTLP_PROTOCOLS, type OtlpProtocol } from '../../contract/otlp-protocols.js';
import { isRecord } from '../../contract/record-guard.js';
import { messageOf } from '../../contract/system-error.js';
import { isKeyOf } from '../../contract/table-keys.js';
import { readPlainFile } from '../../system/plain-file.js';
import type { Check, Checks } from '../check.js';

/** The configuration of an OpenTelemetry Collector. */
interface CollectorConfig {
  readonly file: string;
  readonly receivers: Readonly<Record<string, unknown>>;
  readonly exporters: Readonly<Record<string, unknown>>;
  readonly processors: Readonly<Record<string, unknown>>;
  readonly connectors: Readonly<Record<string, unknown>>;
  readonly pipelines: Readonly<Record<string, Pipeline>>;
  /** What we send, and how. */
  readonly wanted: readonly { readonly signal: string; readonly protocol: OtlpProtocol }[];
}

interface Pipeline {
  readonly receivers: readonly string[];
  readonly processors: readonly string[];
  readonly exporters: readonly string[];
}

/** @throws KfError BAD_FLAG for a file that cannot be read or is no YAML */
export async function readCollectorConfig(file: string, wanted: CollectorConfig['wanted']): Promise<CollectorConfig> {
  let document: unknown;
  try {
    document = (await import('js-yaml')).load(readPlainFile(file));
  } catch (error) {
    const [why = ''] = messageOf(error).split('\n');
    throw new KfError('BAD_FLAG', `--collector-config is ${file}`, why, {
      fix: 'Name the YAML file of a collector.',
    });
  }
  const whole = isRecord(document) ? document : {};
  const section = (name: string) => (isRecord(whole[name]) ? whole[name] : {});
  const service = section('service');
  const pipelines = isRecord(service.pipelines) ? service.pipelines : {};
  return {
    file,
    receivers: section('receivers'),
    exporters: section('exporters'),
    processors: section('processors'),
    connectors: section('connectors'),
    pipelines: Object.fromEntries(Object.entries(pipelines).map(([name, one]) => [name, pipelineOf(one)])),
    wanted,
  };
}

const HERE = { severity: 'error', symptom: 'no-traces' } as const satisfies Partial<Check<CollectorConfig>>;

/** What is wrong with it, for what we send. */
export const COLLECTOR_CONFIG_CHECKS = {
  'collector-receiver': {
    ...HERE,
    about: 'no otlp receiver, or not for the protocol that is used',
    find: ({ receivers, wanted, file }) => {
      const protocols = otlpReceivers(receivers).flatMap(([, one]) => Object.keys(protocolsOf(one)));
      const lacking = [...new Set(wanted.map(({ protocol }) => OTLP_PROTOCOLS[protocol].over))].filter(
        (one) => !protocols.includes(one),
      );
      return lacking.map((protocol) => ({
        what: `${file} has no otlp receiver for ${protocol}`,
        why:
          protocols.length === 0
            ? 'there is no otlp receiver with a protocol'
            : `its receivers speak ${protocols.join(', ')}`,
        fix: `receivers: { otlp: { protocols: { ${protocol}: { endpoint: 0.0.0.0:${OTLP_CARRIERS[protocol].port} } } } }`,
        next: 'kf-cluster init collector',
      }));
    },
  },
  'collector-interface': {
    severity: 'warning',
    symptom: 'connection',
    about: 'an otlp receiver that listens on localhost: no other container or machine reaches it',
    find: ({ receivers, file }) =>
      otlpReceivers(receivers).flatMap(([name, one]) =>
        Object.entries(protocolsOf(one)).flatMap(([protocol, settings]) => {
          const endpoint = isRecord(settings) ? String(settings.endpoint ?? '') : '';
          if (endpoint !== '' && !/^(localhost|127\.|\[::1\])/.test(endpoint)) return [];
          const said =
            endpoint === '' ? 'names no endpoint: it is localhost since version 0.104' : `listens on ${endpoint}`;
          return [
            {
              what: `${file}: ${name} by ${protocol} ${said}`,
              why: 'only what runs beside it, in the same container or pod, reaches it',
              fix: `endpoint: 0.0.0.0:${isKeyOf(OTLP_CARRIERS, protocol) ? OTLP_CARRIERS[protocol].port : 'PORT'}, or \${env:POD_IP} of it`,
            },
          ];
        }),
      ),
  },
  'collector-pipeline': {
    ...HERE,
    about: 'no pipeline takes a signal from the otlp receiver',
    find: ({ pipelines, wanted, receivers, file }) => {
      const names = otlpReceivers(receivers).map(([name]) => name);
      const taken = (signal: string) =>
        Object.entries(pipelines).some(
          ([name, one]) => name.split('/')[0] === signal && one.receivers.some((receiver) => names.includes(receiver)),
        );
      return [...new Set(wanted.map(({ signal }) => signal))]
        .filter((signal) => !taken(signal))
        .map((signal) => ({
          what: `${file}: no pipeline takes ${signal} from otlp`,
          why: 'a receiver that no pipeline names is not even started, and the signal is answered with UNIMPLEMENTED or 404',
          fix: `service: { pipelines: { ${signal}: { receivers: [otlp], exporters: [...] } } }`,
        }));
    },
  },
  'collector-undefined': {
    ...HERE,
    about: 'a pipeline names a receiver, a processor or an exporter that is not defined: the collector does not start',
    find: (config) =>
      Object.entries(config.pipelines).flatMap(([pipeline, one]) =>
        (['receivers', 'processors', 'exporters'] as const).flatMap((kind) =>
          one[kind]
            .filter((name) => !(name in config[kind]) && !(name in config.connectors))
            .map((name) => ({
              what: `${config.file}: the pipeline ${pipeline} names ${kind.slice(0, -1)} ${name}`,
              why: `there is none under ${kind}`,
              fix: 'Define it, or correct the name.',
            })),
        ),
      ),
  },
  'collector-no-exit': {
    severity: 'warning',
    symptom: 'no-traces',
    about: 'a pipeline whose only exporter is debug or nop: nothing is sent on',
    find: ({ pipelines, file }) =>
      Object.entries(pipelines)
        .filter(
          ([, { exporters }]) =>
            exporters.length > 0 && exporters.every((name) => /^(debug|logging|nop)(\/|$)/.test(name)),
        )
        .map(([name, { exporters }]) => ({
          what: `${file}: the pipeline ${name} ends in ${exporters.join(', ')}`,
          why: 'what it takes is printed or thrown away',
          fix: 'Add the exporter of your backend.',
        })),
  },
} satisfies Checks<CollectorConfig>;

function otlpReceivers(receivers: CollectorConfig['receivers']): [string, unknown][] {
  return Object.entries(receivers).filter(([name]) => name.split('/')[0] === 'otlp');
}

function protocolsOf(receiver: unknown): Record<string, unknown> {
  return isRecord(receiver) && isRecord(receiver.protocols) ? receiver.protocols : {};
}

function pipelineOf(one: unknown): Pipeline {
  const list = (name: keyof Pipeline) => (isRecord(one) && Array.isArray(one[name]) ? one[name].map(String) : []);
  return { receivers: list('receivers'), processors: list('processors'), exporters: list('exporters') };
}
