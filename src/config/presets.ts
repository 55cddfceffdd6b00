import { isKeyOf, keysOf } from '../contract/table-keys.js';
import { otlpVariable, textOf } from '../otel-env/read-variable.js';
import type { Raw } from './kinds.js';

/** A backend of the field: what its guide asks for, as defaults that anything else wins over. */
interface Preset {
  /** By option name. */
  readonly options: Readonly<Record<string, Raw>>;
  /** The header that holds the key; undefined where none is asked for. */
  readonly header?: string;
  /** Variables that no option stands for. @param endpoint what was said, beside the preset */
  env?(endpoint: string | undefined): Readonly<Record<string, string>>;
  /** What has to be said beside it. */
  readonly needsEndpoint?: string;
}

const GRPC = { 'exporter-otlp-protocol': 'grpc' };
const HTTP = { 'exporter-otlp-protocol': 'http/protobuf' };

/** By name; docs/guides has one for each. */
const PRESETS = {
  collector: { options: { ...GRPC, 'exporter-otlp-endpoint': 'http://localhost:4317' } },
  'kf-agent': { options: { ...GRPC, 'exporter-otlp-endpoint': 'http://kf-agent:4317' } },
  'kf-agent-http': { options: { ...HTTP, 'exporter-otlp-endpoint': 'http://kf-agent:4318' } },
  'kloudfuse-direct': {
    options: HTTP,
    header: 'kf-api-key',
    needsEndpoint: 'https://HOST',
    env: (endpoint) => ingester(endpoint),
  },
  coroot: { options: { ...HTTP, 'exporter-otlp-endpoint': 'http://coroot.coroot:8080' } },
  cloudwatch: {
    options: {
      ...GRPC,
      'exporter-otlp-endpoint': 'http://localhost:4317',
      propagators: 'tracecontext,baggage,xray',
      'id-generator': 'xray',
    },
  },
} as const satisfies Record<string, Preset>;

export type PresetName = keyof typeof PRESETS;
export const PRESET_NAMES = keysOf(PRESETS);

export function isPreset(name: unknown): name is PresetName {
  return typeof name === 'string' && isKeyOf(PRESETS, name);
}

/** The ingester takes spans at a path of its own, on port 443 alone. */
function ingester(endpoint: string | undefined): Record<string, string> {
  const host = /^(?:https?:\/\/)?([^/:?]+)/.exec(endpoint ?? '')?.[1];
  return host === undefined ? {} : { OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: `https://${host}/ingester/otlp/traces` };
}

/** Its defaults, by option; none for a name that is no preset. */
export function presetOptions(name: string): Preset['options'] {
  return isPreset(name) ? PRESETS[name].options : {};
}

/** Its variables beside the options. */
export function presetVariables(name: PresetName, endpoint: string | undefined): Readonly<Record<string, string>> {
  const preset: Preset = PRESETS[name];
  return preset.env?.(endpoint) ?? {};
}

/**
 * What a preset asks for and nobody has said, as notes for the log.
 *
 * @param env what workers see
 */
export function missingFor(name: PresetName, env: Readonly<Record<string, string | undefined>>): string[] {
  const { header, needsEndpoint }: Preset = PRESETS[name];
  const endpoint = textOf(env, otlpVariable(env, 'traces', 'ENDPOINT'));
  const hasHeader = Object.entries(env).some(
    ([key, text]) => (/_HEADERS$/.test(key) && text?.includes(`${header}=`)) || (/_HEADERS_FILE$/.test(key) && text),
  );
  return [
    ...(needsEndpoint !== undefined && !endpoint
      ? [`the preset ${name} needs --exporter-otlp-endpoint ${needsEndpoint}`]
      : []),
    ...(header !== undefined && !hasHeader
      ? [
          `the preset ${name} needs the key: ${header}=... in OTEL_EXPORTER_OTLP_HEADERS or in --exporter-otlp-headers-file`,
        ]
      : []),
  ];
}
