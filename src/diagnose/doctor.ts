import type { LoadInput } from '../config/load-options.js';
import { KfError } from '../contract/errors.js';
import { textOf } from '../otel-env/read-variable.js';
import { type Finding, runChecks } from './check.js';
import { SETUP_CHECKS } from './checks/index.js';
import { COLLECTOR_CHECKS } from './collector/collector-checks.js';
import { COLLECTOR_CONFIG_CHECKS, readCollectorConfig } from './collector/collector-config.js';
import { type ProbeInput, probeCollector } from './collector/collector-probe.js';
import { type Facts, gatherFacts } from './facts.js';
import type { Machine } from './machine.js';
import { type Report, reportOf } from './render.js';

interface DoctorOptions {
  /** Whether nobody is asked: no request, no name. */
  readonly offline: boolean;
  /** The YAML file of a collector. */
  readonly collectorConfig?: string | undefined;
  readonly machine?: Machine;
}

/**
 * Examines the set-up of an app, and asks its collector. What it returns holds no secret.
 * @throws KfError BAD_FLAG for a file of a collector that cannot be read
 */
export async function examine(input: LoadInput, options: DoctorOptions): Promise<{ report: Report; facts: Facts }> {
  const facts = await gatherFacts(input, options.machine);
  const parts = await Promise.all([
    runTable(SETUP_CHECKS, facts),
    options.offline ? NOTHING : askCollector(facts),
    options.collectorConfig === undefined ? NOTHING : readConfig(options.collectorConfig, facts),
  ]);
  const place = { script: facts.script ?? null, directory: facts.dir };
  const report = reportOf(
    place,
    parts.flatMap(({ ids }) => ids),
    parts.flatMap(({ findings }) => findings),
  );
  return { report: facts.secrets.scrubAll(report), facts };
}

interface Part {
  readonly ids: readonly string[];
  readonly findings: readonly Finding[];
}

const NOTHING: Part = { ids: [], findings: [] };

async function runTable<F>(checks: Parameters<typeof runChecks<F>>[0], facts: F): Promise<Part> {
  return { ids: Object.keys(checks), findings: await runChecks(checks, facts) };
}

/** What a worker would send with; settings that are wrong are a finding of `configuration` already. */
export function probeInput(facts: Facts): ProbeInput | undefined {
  const { loaded, failures, env, manifest } = facts;
  if (!loaded || failures.some(({ code }) => code === 'OTEL_INVALID' || code === 'HEADERS_FILE')) return undefined;
  const { values } = loaded.resolved;
  if (values.telemetry === false) return undefined;
  return {
    env,
    captureLogs: values['capture-logs'],
    headersFile: values['exporter-otlp-headers-file'],
    service: textOf(env, 'OTEL_SERVICE_NAME') ?? (manifest.name || 'unknown_service:node'),
  };
}

async function askCollector(facts: Facts): Promise<Part> {
  const input = probeInput(facts);
  if (!input) return NOTHING;
  try {
    return await runTable(COLLECTOR_CHECKS, await probeCollector(input));
  } catch (error) {
    // A certificate file that cannot be read: a start finds it too, and says so.
    if (!(error instanceof KfError)) throw error;
    const problem = { what: `${error.code}: ${error.message}`, why: error.why, fix: error.fix };
    return {
      ids: ['configuration'],
      findings: [{ id: 'configuration', severity: 'error', symptom: 'connection', ...problem }],
    };
  }
}

async function readConfig(file: string, { env, loaded }: Facts): Promise<Part> {
  const { otlpSignals, readSettings } = await import('../otel-env/export-settings.js');
  const settings = readSettings(env, { captureLogs: loaded?.resolved.values['capture-logs'] });
  const wanted = otlpSignals(settings).map((signal) => ({ signal, protocol: settings.targets[signal].protocol }));
  return runTable(COLLECTOR_CONFIG_CHECKS, await readCollectorConfig(file, wanted));
}
