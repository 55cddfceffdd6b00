import { LOG_LEVELS } from '../log.js';
import type { Kind, KindValues } from './kinds.js';
import type { Config } from './types.js';

/** One option. Everything else (flag, variable, key of the file, help, docs, schema) follows from its row. */
export interface OptionRow {
  /** The flag without its dashes; gives the variable and the key of the config file by rule (see names below). */
  readonly name: string;
  readonly kind: Kind;
  readonly group: Group;
  readonly doc: string;
  readonly alias?: string;
  readonly choices?: readonly string[];
  /** As it would be typed. */
  readonly default?: string;
  /** What stands for the value in `--help`. */
  readonly unit?: string;
  /** Where the parsed value lands in Config as it is. */
  readonly field?: keyof Config;
  /** Its variable is OTEL_* and, unless it has a field, its value goes into every worker's environment. */
  readonly otel?: true;
  /** A second variable that others define, looked at after its own. */
  readonly alsoEnv?: string;
  /** False where a config file cannot say it, because it is needed to find that file. */
  readonly file?: false;
  /** The value is never shown. */
  readonly secret?: true;
}

export const GROUPS = ['Workers', 'Files', 'Restarts', 'Stopping', 'Logs', 'Telemetry'] as const;
export type Group = (typeof GROUPS)[number];

/** THE table. Adding an option is adding a row (and its field to Config, if it lands there). */
export const OPTIONS = [
  {
    name: 'workers',
    alias: 'w',
    kind: 'workers',
    default: 'auto',
    unit: 'N|max|auto',
    group: 'Workers',
    alsoEnv: 'WEB_CONCURRENCY',
    doc: 'how many workers; auto is what CPU affinity and the cgroup quota allow',
  },
  {
    name: 'name',
    alias: 'n',
    kind: 'text',
    unit: 'name',
    group: 'Workers',
    field: 'name',
    doc: 'name of this cluster (default: the name in package.json, else of the script)',
  },
  {
    name: 'scheduling',
    kind: 'choice',
    choices: ['shared', 'rr', 'reuseport'],
    default: 'shared',
    group: 'Workers',
    field: 'scheduling',
    doc: 'how workers share a port: the kernel queue, round-robin by the primary, or SO_REUSEPORT (Node 22.12)',
  },
  {
    name: 'ready',
    kind: 'choice',
    choices: ['listening', 'message'],
    default: 'listening',
    group: 'Workers',
    field: 'ready',
    doc: "a worker is ready when it listens, or when the app calls process.send('ready')",
  },
  {
    name: 'boot-timeout',
    kind: 'duration',
    default: '30s',
    group: 'Workers',
    field: 'bootTimeoutMs',
    doc: 'a worker that is not ready by then is killed, as a failed boot',
  },
  {
    name: 'node-args',
    kind: 'args',
    default: '',
    unit: 'args',
    group: 'Workers',
    field: 'nodeArgs',
    doc: 'arguments for node in each worker, e.g. --node-args="--import tsx"',
  },
  {
    name: 'cwd',
    kind: 'path',
    unit: 'dir',
    group: 'Files',
    doc: 'working directory of the workers; paths on the command line start there',
  },
  {
    name: 'config',
    alias: 'c',
    kind: 'path',
    unit: 'file',
    group: 'Files',
    file: false,
    doc: 'config file (default: kf-cluster.config.* or package.json#kf-cluster, upwards from the script)',
  },
  {
    name: 'hooks',
    kind: 'paths',
    default: '',
    unit: 'file',
    group: 'Files',
    doc: 'file that exports hooks; repeatable',
  },
  {
    name: 'env-file',
    kind: 'path',
    unit: 'file',
    group: 'Files',
    doc: 'variables for the workers; those already set win',
  },
  {
    name: 'backoff',
    kind: 'backoff',
    default: '100ms..30s',
    unit: 'first..longest',
    group: 'Restarts',
    field: 'backoff',
    doc: 'delay before a restart, doubling, with full jitter; the first restart is immediate',
  },
  {
    name: 'min-uptime',
    kind: 'duration',
    default: '5s',
    group: 'Restarts',
    field: 'minUptimeMs',
    doc: 'a worker that lived this long resets the backoff of its slot',
  },
  {
    name: 'max-restarts',
    kind: 'count',
    default: '5',
    unit: 'N',
    group: 'Restarts',
    field: 'maxRestarts',
    doc: 'more restarts than this within the window are a crash loop',
  },
  {
    name: 'restart-window',
    kind: 'duration',
    default: '1m',
    group: 'Restarts',
    field: 'restartWindowMs',
    doc: 'the window for --max-restarts',
  },
  {
    name: 'drain-timeout',
    kind: 'duration',
    default: '25s',
    group: 'Stopping',
    field: 'drainTimeoutMs',
    doc: 'how long requests in flight may take to finish',
  },
  {
    name: 'flush-timeout',
    kind: 'duration',
    default: '5s',
    group: 'Stopping',
    field: 'flushTimeoutMs',
    doc: 'how long the last spans may take to be delivered',
  },
  {
    name: 'log-format',
    kind: 'choice',
    choices: ['pretty', 'json'],
    default: 'pretty',
    group: 'Logs',
    field: 'logFormat',
    doc: 'form of our own lines on stderr',
  },
  {
    name: 'log-level',
    kind: 'choice',
    choices: LOG_LEVELS,
    default: 'info',
    group: 'Logs',
    field: 'logLevel',
    doc: 'least severity that is written',
  },
  {
    name: 'telemetry',
    kind: 'boolean',
    default: 'true',
    group: 'Telemetry',
    field: 'telemetry',
    doc: 'the built-in OpenTelemetry pipeline of each worker',
  },
  {
    name: 'auto-instrumentation',
    kind: 'boolean',
    default: 'true',
    group: 'Telemetry',
    field: 'autoInstrumentation',
    doc: 'instrument libraries without code',
  },
  {
    name: 'service-name',
    kind: 'text',
    unit: 'name',
    group: 'Telemetry',
    otel: true,
    doc: "service.name (default: the app's package name)",
  },
  {
    name: 'traces-exporter',
    kind: 'text',
    unit: 'list',
    group: 'Telemetry',
    otel: true,
    doc: 'otlp, console, none, or a comma list (default: otlp)',
  },
  {
    name: 'metrics-exporter',
    kind: 'text',
    unit: 'list',
    group: 'Telemetry',
    otel: true,
    doc: 'otlp, console, prometheus, none, or a comma list',
  },
  {
    name: 'logs-exporter',
    kind: 'text',
    unit: 'list',
    group: 'Telemetry',
    otel: true,
    doc: 'otlp, console, none, or a comma list',
  },
  {
    name: 'exporter-otlp-endpoint',
    kind: 'text',
    unit: 'url',
    group: 'Telemetry',
    otel: true,
    doc: 'collector (default: http://localhost:4317, with HTTP :4318)',
  },
  {
    name: 'exporter-otlp-protocol',
    kind: 'text',
    unit: 'protocol',
    group: 'Telemetry',
    otel: true,
    doc: 'grpc, http/protobuf or http/json (default: grpc)',
  },
  {
    name: 'exporter-otlp-headers-file',
    kind: 'path',
    unit: 'file',
    group: 'Telemetry',
    otel: true,
    field: 'headersFile',
    doc: 'headers for the collector, one name=value a line; read by each worker, never shown',
  },
  {
    name: 'propagators',
    kind: 'text',
    unit: 'list',
    group: 'Telemetry',
    otel: true,
    doc: 'comma list of tracecontext, baggage, b3, b3multi, xray, none (default: tracecontext,baggage)',
  },
  {
    name: 'traces-sampler',
    kind: 'text',
    unit: 'name',
    group: 'Telemetry',
    otel: true,
    doc: '[parentbased_]always_on, always_off or traceidratio (default: parentbased_always_on)',
  },
  {
    name: 'traces-sampler-arg',
    kind: 'text',
    unit: '0..1',
    group: 'Telemetry',
    otel: true,
    doc: 'share of traces kept by a traceidratio sampler',
  },
] as const satisfies readonly OptionRow[];

export type OptionName = (typeof OPTIONS)[number]['name'];

/** The parsed values of all options, by name. */
export type OptionValues = {
  readonly [R in (typeof OPTIONS)[number] as R['name']]: KindValues[R['kind']] | undefined;
};

/** The rows without their literal types, for code that treats all alike. */
export const ROWS: readonly (OptionRow & { readonly name: OptionName })[] = OPTIONS;

/** The ONE rule: upper case, underscores, and OTEL_ for telemetry or KF_CLUSTER_ for the rest. */
export function envNameOf(row: Pick<OptionRow, 'name' | 'otel'>): string {
  return `${row.otel ? 'OTEL' : 'KF_CLUSTER'}_${row.name.toUpperCase().replaceAll('-', '_')}`;
}

/** All variables an option reads, the first set one wins. */
export function envNamesOf(row: Pick<OptionRow, 'name' | 'otel' | 'alsoEnv'>): readonly string[] {
  return row.alsoEnv ? [envNameOf(row), row.alsoEnv] : [envNameOf(row)];
}

/** `boot-timeout` is `bootTimeout` in a config file. */
export function fileKeyOf(row: Pick<OptionRow, 'name'>): string {
  return row.name.replace(/-([a-z])/g, (_, letter: string) => letter.toUpperCase());
}

/** The flag as typed; an option that is on by default is shown by what turns it off. */
export function flagOf(row: Pick<OptionRow, 'name' | 'kind' | 'default'>): string {
  return row.kind === 'boolean' && row.default === 'true' ? `--no-${row.name}` : `--${row.name}`;
}
