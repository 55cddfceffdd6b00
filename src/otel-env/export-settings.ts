import { type OtlpTarget, targetOf } from './otlp-target.js';
import { type Env, itself, type Origin, read, textOf } from './read-variable.js';
import { OTLP_SIGNALS, type OtlpSignal, type ValueOf } from './variables.js';

export type ExporterName = 'otlp' | 'console';
export type MetricsExporterName = ExporterName | 'prometheus';

/** Everything about exporting that the environment decides, validated. */
export interface ExportSettings {
  readonly disabled: boolean;
  readonly exporters: {
    /** `otlp` by default. */
    readonly traces: readonly ExporterName[];
    /** None by default. */
    readonly metrics: readonly MetricsExporterName[];
    /** None by default; `otlp` when logs are captured. */
    readonly logs: readonly ExporterName[];
  };
  readonly targets: Readonly<Record<OtlpSignal, OtlpTarget>>;
}

/**
 * @param options what asks for logs beside the environment
 * @throws KfError OTEL_INVALID for a value that could only be misunderstood
 */
export function readSettings(
  env: Env,
  options: { captureLogs?: boolean | undefined } = {},
  origin: Origin = itself,
): ExportSettings {
  const captures = options.captureLogs && textOf(env, 'OTEL_LOGS_EXPORTER') === undefined;
  return {
    disabled: read(env, 'OTEL_SDK_DISABLED', origin),
    exporters: {
      traces: unlessNone(read(env, 'OTEL_TRACES_EXPORTER', origin)),
      metrics: unlessNone(read(env, 'OTEL_METRICS_EXPORTER', origin)),
      logs: captures ? ['otlp'] : unlessNone(read(env, 'OTEL_LOGS_EXPORTER', origin)),
    },
    targets: {
      traces: targetOf(env, 'traces', origin),
      metrics: targetOf(env, 'metrics', origin),
      logs: targetOf(env, 'logs', origin),
    },
  };
}

/** The signals that go to a collector. */
export function otlpSignals({ disabled, exporters }: Pick<ExportSettings, 'disabled' | 'exporters'>): OtlpSignal[] {
  return disabled ? [] : OTLP_SIGNALS.filter((signal) => exporters[signal].includes('otlp'));
}

/** `none` stands for the whole list, wherever it stands in it. */
export function unlessNone<W extends string>(names: readonly W[]): Exclude<W, 'none'>[] {
  const others = names.filter((name): name is Exclude<W, 'none'> => name !== 'none');
  return others.length === names.length ? others : [];
}

/** A sampler by name; `share` has a meaning for those by ratio alone. @throws KfError OTEL_INVALID */
export function readSampler(env: Env, origin: Origin = itself): SamplerSettings {
  const name = read(env, 'OTEL_TRACES_SAMPLER', origin);
  // To other samplers the argument means nothing, and is not judged.
  return { name, share: name.endsWith('traceidratio') ? read(env, 'OTEL_TRACES_SAMPLER_ARG', origin) : 1 };
}

export interface SamplerSettings {
  readonly name: ValueOf<'OTEL_TRACES_SAMPLER'>;
  /** 0..1 */
  readonly share: number;
}
