import { type Loaded, loadOptions } from '../config/load-options.js';
import { envNameOf } from '../config/option-row.js';
import { ROWS } from '../config/options.js';
import { type Layer, show } from '../config/resolve.js';
import { otlpSignals, readSettings } from '../otel-env/export-settings.js';
import { REDACTED, redact } from '../otel-env/redact.js';
import { OTLP_SIGNALS, type OtlpSignal } from '../otel-env/variables.js';
import { isEcosystemFile } from '../platforms/pm2/ecosystem/ecosystem-file.js';
import { type EcosystemFlags, refuseEcosystemFlags } from './ecosystem-flags.js';
import type { Invocation } from './invocation.js';
import { print } from './print.js';

/** One effective option as it is shown. */
interface Line {
  readonly name: string;
  readonly value: string | null;
  readonly layer: Layer;
  /** What the user wrote to get it. */
  readonly from: string;
}

/** `kf-cluster config`: every effective option, its value and its source, on stdout. */
export async function showConfig(invocation: Invocation, flags: EcosystemFlags, json: boolean): Promise<number> {
  if (isEcosystemFile(invocation.script)) {
    return (await import('./ecosystem-config.js')).showEcosystem(invocation, flags, json);
  }
  refuseEcosystemFlags(flags);
  const loaded = await loadOptions(invocation);
  for (const warning of loaded.warnings) process.stderr.write(`warning: ${warning}\n`);
  const lines = optionLines(loaded);
  const env = envLines(loaded, invocation.environment);
  const targets = describeTargets(loaded, invocation.environment);
  await print(json ? renderJson(loaded, lines, env, targets) : renderText(loaded, lines, env, targets));
  return 0;
}

function optionLines({ resolved, name, workers }: Loaded): Line[] {
  return ROWS.map((row) => {
    const value = resolved.values[row.name];
    const source = resolved.sources[row.name];
    const shown = value === undefined ? null : row.secret ? REDACTED : redact(envNameOf(row), show(row, value));
    const line = { name: row.name, value: shown, layer: source.layer, from: source.name };
    if (row.name === 'name' && value === undefined) return { ...line, value: name };
    return row.name === 'workers' && workers.why ? { ...line, value: `${workers.workers} (${workers.why})` } : line;
  });
}

/** Variables that matter and are no option: other OTEL_* ones, and what files add for the workers. */
function envLines({ resolved }: Loaded, environment: Invocation['environment']): Line[] {
  const options = new Set(ROWS.map(envNameOf));
  const inherited = Object.keys(environment).filter((name) => name.startsWith('OTEL_') && environment[name]);
  const names = [...new Set([...inherited, ...Object.keys(resolved.env)])].filter((name) => !options.has(name));
  return names.sort().map((name) => {
    const value = resolved.env[name] ?? environment[name] ?? '';
    const source = resolved.envSources[name] ?? { layer: 'environment' as const, name };
    // What an env file holds for the app is its own business, and often a secret under a harmless name.
    const shown = name.startsWith('OTEL_') ? redact(name, value) : REDACTED;
    return { name, value: shown, layer: source.layer, from: source.name };
  });
}

interface Target {
  readonly exporter: string;
  readonly endpoint: string | null;
  readonly protocol: string | null;
}

type Targets = Readonly<Record<OtlpSignal, Target>>;

/** Where each signal will go once protocol, per-signal and path rules are applied. */
function describeTargets({ resolved }: Loaded, environment: Invocation['environment']): Targets {
  const off = resolved.values.telemetry === false;
  const settings = off
    ? undefined
    : readSettings({ ...environment, ...resolved.env }, { captureLogs: resolved.values['capture-logs'] });
  const describe = (signal: OtlpSignal): Target => {
    const exporter = settings?.disabled ? 'none' : settings?.exporters[signal].join() || 'none';
    if (!settings || !otlpSignals(settings).includes(signal)) return { exporter, endpoint: null, protocol: null };
    const { url, protocol } = settings.targets[signal];
    return { exporter, endpoint: redact('endpoint', url), protocol };
  };
  return { traces: describe('traces'), metrics: describe('metrics'), logs: describe('logs') };
}

function renderJson(loaded: Loaded, options: Line[], env: Line[], targets: Targets): string {
  const { script = null, configFile = null, hookFiles } = loaded;
  const byName = (lines: Line[]) => Object.fromEntries(lines.map(({ name, ...rest }) => [name, rest]));
  const body = { script, configFile, hookFiles, options: byName(options), env: byName(env), ...targets };
  return `${JSON.stringify(body, undefined, 2)}\n`;
}

function renderText(loaded: Loaded, options: Line[], env: Line[], targets: Targets): string {
  const width = Math.max(...[...options, ...env].map((line) => line.name.length));
  const render = ({ name, value, layer, from }: Line) => {
    const source = from === 'unset' || from === layer ? layer : `${layer}: ${from}`;
    return `${name.padEnd(width)}  ${value === null ? '-' : value === '' ? '""' : value}  (${source})`;
  };
  const goTo = (signal: OtlpSignal) => {
    const { exporter, endpoint, protocol } = targets[signal];
    return `${signal} go to  ${endpoint ? `${endpoint} over ${protocol}` : exporter}`;
  };
  return `${[
    `script  ${loaded.script ?? '-'}`,
    `config file  ${loaded.configFile ?? 'none found'}`,
    ...OTLP_SIGNALS.map(goTo),
    '',
    ...options.map(render),
    ...(env.length > 0 ? ['', 'variables', ...env.map(render)] : []),
  ].join('\n')}\n`;
}
