import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { loadConfig } from '../../config/load-options.js';
import { envNamesOf } from '../../config/option-row.js';
import { ROWS } from '../../config/options.js';
import type { Config } from '../../config/types.js';
import { KfError } from '../../contract/errors.js';
import { redact } from '../../otel-env/redact.js';
import { VARIABLES } from '../../otel-env/variables.js';
import type { Facts } from '../facts.js';
import type { Report } from '../render.js';

/** What a running supervisor said of itself; undefined where there is none. */
export interface Live {
  readonly status: unknown;
  readonly config: unknown;
  readonly lines: readonly unknown[];
}

/**
 * The files of a report, by name. By allowlists: what is not named here is not in it.
 *
 * @param describe a configuration without its secrets
 */
export async function gatherReport(
  facts: Facts,
  doctor: Report,
  live: Live | undefined,
  describe: (config: Config) => unknown,
): Promise<Record<string, string>> {
  return {
    'doctor.json': json(doctor),
    'versions.json': json(versionsOf(facts)),
    'environment.json': json(environmentOf(facts)),
    'config.json': json(await configOf(facts, describe)),
    'spool.json': json(listing(facts.spoolDir)),
    'limits.json': json(limitsOf(facts)),
    ...(live && {
      'status.json': json(live.status),
      'running-config.json': json(live.config),
      'log.txt': live.lines.map((line) => `${JSON.stringify(line)}\n`).join(''),
    }),
  };
}

function json(value: unknown): string {
  return `${JSON.stringify(value, undefined, 2)}\n`;
}

function versionsOf({ graph, machine, manifest }: Facts): unknown {
  const telemetry = graph.all.filter(({ name }) => /opentelemetry|^kf-cluster$|otel/.test(name));
  const direct = graph.all.filter(({ name }) => name in manifest.dependencies);
  const packages = [...new Set([...telemetry, ...direct])].map(({ name, version }) => `${name}@${version}`);
  const { node, v8, openssl } = process.versions;
  return {
    node: machine.node,
    running: { node, v8, openssl },
    platform: process.platform,
    arch: process.arch,
    packages: packages.sort(),
  };
}

/** Variables that mean something here, with their values; of all others that begin alike, the names. */
function environmentOf({ env }: Facts): unknown {
  const known = new Set([...Object.keys(VARIABLES), ...ROWS.flatMap(envNamesOf), 'NODE_ENV']);
  const alike = Object.keys(env).filter((name) => /^(OTEL|KF_CLUSTER|KF|NODE)_/.test(name) && env[name] !== undefined);
  const shown = alike.filter((name) => known.has(name)).map((name) => [name, redact(name, env[name] ?? '')]);
  return { variables: Object.fromEntries(shown), others: alike.filter((name) => !known.has(name)).sort() };
}

async function configOf(facts: Facts, describe: (config: Config) => unknown): Promise<unknown> {
  if (facts.script === undefined) return { error: 'no script' };
  try {
    const { config, loaded } = await loadConfig(facts.input);
    const sources = Object.entries(loaded.resolved.sources).map(([name, { name: from }]) => [name, from]);
    return { config: describe(config), sources: Object.fromEntries(sources) };
  } catch (error) {
    if (!(error instanceof KfError)) throw error;
    return { error: `${error.code}: ${error.message}`, why: error.why };
  }
}

/** Names and sizes; nothing of what is in the files. */
function listing(dir: string | undefined): unknown {
  if (dir === undefined || !statSync(dir, { throwIfNoEntry: false })?.isDirectory()) return { dir, files: [] };
  const names = readdirSync(dir, { recursive: true, encoding: 'utf8' });
  const files = names.flatMap((name) => {
    const stat = statSync(join(dir, name), { throwIfNoEntry: false });
    return stat?.isFile() ? [{ name, bytes: stat.size, modified: stat.mtime.toISOString() }] : [];
  });
  return { dir, files };
}

function limitsOf({ machine }: Facts): unknown {
  const { parallelism, memory, isContainer } = machine;
  const limits = (machine.readText('/proc/self/limits') ?? '').split('\n');
  return { parallelism, memory, isContainer, cgroup: machine.readText('/proc/self/cgroup')?.trim(), limits };
}
