import { dirname, join, resolve } from 'node:path';
import { splitArgs } from '../config/args.js';
import { type Loaded, type LoadInput, loadConfig, loadOptions } from '../config/load-options.js';
import { nodeFs } from '../config/node-fs.js';
import { dirsOf, projectOf } from '../config/project.js';
import { KfError } from '../contract/errors.js';
import { isRecord } from '../contract/record-guard.js';
import { type Env, itself, type Origin } from '../otel-env/read-variable.js';
import { defaultSpoolDir } from '../system/spool-dir.js';
import { readJson } from '../telemetry/app-package.js';
import { type PackageGraph, packageGraph } from './app/graph.js';
import { type Preload, preloadOf, preloadsIn } from './app/preloads.js';
import { readSources, type Source } from './app/sources.js';
import { readDeployments } from './deployment/scan.js';
import type { Deployments } from './deployment/workload.js';
import { type Machine, thisMachine } from './machine.js';
import type { Secrets } from './secrets.js';
import { secretsOf } from './secrets-of.js';

interface Manifest {
  readonly name: string | undefined;
  readonly version: string | undefined;
  readonly engine: string | undefined;
  /** Name to range, of the project and its workspace. */
  readonly dependencies: Readonly<Record<string, string>>;
  readonly devDependencies: Readonly<Record<string, string>>;
}

/** All that the checks of a set-up look at. Gathered once, read only. */
export interface Facts {
  readonly input: LoadInput;
  /** Undefined when the configuration could not be read, even without the part that is wrong. */
  readonly loaded: Loaded | undefined;
  /** What a start would end with. */
  readonly failures: readonly KfError[];
  /** What a worker sees. */
  readonly env: Env;
  readonly origin: Origin;
  readonly script: string | undefined;
  /** Of the project. */
  readonly dir: string;
  readonly manifest: Manifest;
  readonly graph: PackageGraph;
  readonly sources: readonly Source[];
  /** Loaded before the app: by Node's flags, and the files with hooks. */
  readonly preloads: readonly Preload[];
  readonly deployments: Deployments;
  readonly machine: Machine;
  readonly spoolDir: string | undefined;
  readonly secrets: Secrets;
}

/** Reads the set-up of an app; nothing is changed, and no code of the app is run but its config file. */
export async function gatherFacts(input: LoadInput, machine: Machine = thisMachine(input.environment)): Promise<Facts> {
  const { loaded, failures } = await load(input);
  const script = loaded?.script;
  const project = loaded?.project ?? projectOf(script, input.cwd, nodeFs);
  const env = { ...input.environment, ...loaded?.resolved.env, ...loaded?.target?.env };
  const manifest = manifestOf(dirsOf(project));
  const deployments = await readDeployments(project.dir);
  const values = loaded?.resolved.values;
  const secretFiles = [values?.['exporter-otlp-headers-file'], ...keyFiles(env, input.cwd)];
  const facts = {
    input,
    loaded,
    failures,
    env,
    origin: loaded ? originOf(loaded) : itself,
    script,
    dir: project.dir,
    manifest,
    graph: packageGraph([project.dir], Object.keys(manifest.dependencies)),
    sources: readSources(script && nodeFs.realPath(script)),
    preloads: preloadsOf(loaded, env, input.cwd),
    deployments,
    machine,
    spoolDir:
      values && loaded && (values['spool-dir'] ?? defaultSpoolDir(loaded.name, loaded.project.dir, input.environment)),
  };
  const envs = [env, ...(loaded?.configFile?.endsWith('.json') ? [configEnv(loaded.configFile)] : [])];
  return {
    ...facts,
    secrets: secretsOf(
      envs,
      deployments,
      secretFiles.filter((file) => file !== undefined),
    ),
  };
}

/** What is wrong is left out for the second look, so that the rest can be judged all the same. */
async function load(input: LoadInput): Promise<{ loaded: Loaded | undefined; failures: KfError[] }> {
  const failures: KfError[] = [];
  let attempt = input;
  for (let turn = 0; turn < 3; turn += 1) {
    try {
      const loaded = await loadOptions(attempt);
      return { loaded, failures: failures.length > 0 || !loaded.script ? failures : await refusedBy(input) };
    } catch (error) {
      if (!(error instanceof KfError)) throw error;
      failures.push(error);
      if (error.code === 'OTEL_INVALID') attempt = { ...attempt, flags: { ...attempt.flags, telemetry: false } };
      else if (error.code === 'HEADERS_FILE') attempt = withoutHeadersFile(attempt);
      else if (/^SCRIPT_/.test(error.code)) attempt = { ...attempt, script: undefined };
      else break;
    }
  }
  return { loaded: undefined, failures };
}

/** What a start refuses beyond what is malformed: files that cannot be read, options that exclude each other. */
async function refusedBy(input: LoadInput): Promise<KfError[]> {
  try {
    await loadConfig(input);
    return [];
  } catch (error) {
    if (!(error instanceof KfError)) throw error;
    return [error];
  }
}

function withoutHeadersFile(input: LoadInput): LoadInput {
  return { ...input, flags: { ...input.flags, 'exporter-otlp-headers-file': '/dev/null' } };
}

function originOf({ resolved }: Loaded): Origin {
  return (name) => resolved.envSources[name]?.name ?? name;
}

function manifestOf(dirs: readonly string[]): Manifest {
  const all = dirs.map((dir) => readJson(join(dir, 'package.json')) ?? {});
  // The devDependencies and tools of this repository are no wish of its examples.
  const others = all.filter(({ name }) => name !== 'kf-cluster');
  const merged = (field: string) => Object.assign({}, ...others.toReversed().map((json) => json[field]));
  const own = all[0] ?? {};
  return {
    name: typeof own.name === 'string' && own.name !== '' ? own.name : undefined,
    version: typeof own.version === 'string' ? own.version : undefined,
    engine: isRecord(own.engines) && typeof own.engines.node === 'string' ? own.engines.node : undefined,
    dependencies: { ...merged('optionalDependencies'), ...merged('dependencies') },
    devDependencies: merged('devDependencies'),
  };
}

function preloadsOf(loaded: Loaded | undefined, env: Env, cwd: string): Preload[] {
  const values = loaded?.resolved.values;
  return [
    ...preloadsIn('NODE_OPTIONS', splitArgs(env.NODE_OPTIONS ?? '') ?? [], cwd),
    ...preloadsIn('--node-args', values?.['node-args'] ?? [], cwd),
    ...preloadsIn('the command', loaded?.target?.nodeArgs ?? [], cwd),
    ...(loaded?.hookFiles ?? []).map((file) => preloadOf('the hooks file', file, dirname(file))),
  ];
}

function keyFiles(env: Env, cwd: string): string[] {
  const names = Object.keys(env).filter((name) => /^OTEL_EXPORTER_OTLP_(\w+_)?CLIENT_KEY$/.test(name));
  return names.flatMap((name) => (env[name]?.trim() ? [resolve(cwd, env[name].trim())] : []));
}

function configEnv(file: string): Env {
  const env = readJson(file)?.env;
  const set = Object.entries(isRecord(env) ? env : {});
  return Object.fromEntries(set.map(([name, value]) => [name, String(value)]));
}
