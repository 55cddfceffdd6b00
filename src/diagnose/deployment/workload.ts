import { isKeyOf } from '../../contract/table-keys.js';

/** Where a variable of a workload comes from. `literal`: its value stands in the file. */
type VariableSource = 'literal' | 'secret' | 'config-map' | 'field' | 'file';

export interface Variable {
  readonly value: string | undefined;
  readonly source: VariableSource;
}

const PLATFORMS = ['docker', 'compose', 'kubernetes', 'systemd', 'pm2', 'npm'] as const;
export type Platform = (typeof PLATFORMS)[number];

/** One process that a file of the project starts, whichever the platform. */
export interface Workload {
  readonly platform: Platform;
  /** Relative to the project. */
  readonly file: string;
  readonly name: string;
  readonly env: Readonly<Record<string, Variable>>;
  /** The words it is started with; empty where the file leaves that to the image. */
  readonly command: readonly string[];
  /** Whether a shell stands between the platform and the command. */
  readonly shell: boolean;
  /** From SIGTERM to SIGKILL, in milliseconds; undefined where the file has no say in it. */
  readonly graceMs?: number | undefined;
  /** Whether that is the platform's own default. */
  readonly graceDefault?: boolean;
  /** CPUs and bytes that it may use. */
  readonly cpus?: number | undefined;
  readonly memory?: number | undefined;
  /** Paths inside that outlive it. */
  readonly volumes?: readonly string[];
  /** Names by which the others of the same file reach it or are reached beside it. */
  readonly neighbours?: readonly string[];
  /** Major version of Node in the image, where it says so. */
  readonly node?: string | undefined;
  /** Fields of the platform's own that a check looks at. */
  readonly fields?: Readonly<Record<string, unknown>>;
}

/** A map of settings that is no Secret. */
export interface PlainSettings {
  readonly file: string;
  readonly name: string;
  readonly values: Readonly<Record<string, string>>;
}

export interface Deployments {
  readonly workloads: readonly Workload[];
  readonly settings: readonly PlainSettings[];
}

/** Whether it runs kf-cluster, as far as the file says. */
export function runsKf({ command, env }: Workload): boolean {
  return command.some((word) => /kf-cluster/.test(word)) || Object.keys(env).some((name) => /^KF_CLUSTER_/.test(name));
}

/** Whether it takes part in tracing at all. */
export function isTraced(one: Workload): boolean {
  return runsKf(one) || Object.keys(one.env).some((name) => name.startsWith('OTEL_'));
}

export function literals(env: Readonly<Record<string, string | undefined>>): Record<string, Variable> {
  const entries = Object.entries(env).filter((entry): entry is [string, string] => entry[1] !== undefined);
  return Object.fromEntries(entries.map(([name, value]) => [name, { value, source: 'literal' as const }]));
}

/** The texts of a workload's variables, where the file shows them. */
export function textsOf({ env }: Workload): Record<string, string | undefined> {
  return Object.fromEntries(Object.entries(env).map(([name, { value }]) => [name, value]));
}

/** `1.5`, `500m` of Kubernetes, `50%` of systemd, in CPUs. */
export function cpusOf(value: unknown): number | undefined {
  const [, digits, unit] = /^([\d.]+)(m|%)?$/.exec(String(value ?? '')) ?? [];
  if (digits === undefined) return undefined;
  return Number(digits) / (unit === 'm' ? 1000 : unit === '%' ? 100 : 1);
}

const SIZES: Readonly<Record<string, number>> = {
  k: 1e3,
  m: 1e6,
  g: 1e9,
  t: 1e12,
  ki: 2 ** 10,
  mi: 2 ** 20,
  gi: 2 ** 30,
  ti: 2 ** 40,
};

/**
 * `512Mi`, `1G`, `256mb`, in bytes.
 *
 * @param binary whether `m` means 2^20, as it does to Docker and systemd
 */
export function bytesOf(value: unknown, binary: boolean): number | undefined {
  const [, digits, unit = ''] = /^([\d.]+)\s*([kmgt]i?)?b?$/i.exec(String(value ?? '')) ?? [];
  if (digits === undefined) return undefined;
  const key = unit.toLowerCase();
  return Number(digits) * (SIZES[binary && key.length === 1 ? `${key}i` : key] ?? 1);
}

/** `1m30s`, `30s`, `500ms`, `90` (seconds), in milliseconds. */
export function spanMs(value: unknown): number | undefined {
  const text = String(value ?? '').trim();
  if (/^[\d.]+$/.test(text)) return Number(text) * 1000;
  const units = { ms: 1, s: 1e3, sec: 1e3, m: 6e4, min: 6e4, h: 36e5 } as const;
  const parts = [...text.matchAll(/([\d.]+)\s*(ms|sec|s|min|m|h)/g)];
  if (parts.length === 0) return text === 'infinity' ? Number.POSITIVE_INFINITY : undefined;
  return parts.reduce(
    (sum, [, digits, unit = '']) => sum + Number(digits) * (isKeyOf(units, unit) ? units[unit] : 0),
    0,
  );
}
