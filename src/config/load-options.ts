import { realpathSync } from 'node:fs';
import { availableParallelism, totalmem } from 'node:os';
import { basename, dirname, extname } from 'node:path';
import type { Hooks } from '../../hooks/types.js';
import { KfError } from '../contract/errors.js';
import { checkCertificates } from '../otel-env/certificates.js';
import { defaultSpoolDir } from '../system/spool-dir.js';
import { checkName } from './app-name.js';
import { splitArgs } from './args.js';
import {
  checkAccessLog,
  checkCron,
  checkJournalStarts,
  checkPatterns,
  checkScheduling,
  checkWatchPaths,
} from './checks.js';
import type { Target } from './command-target.js';
import { findConfigFile, loadConfigFile } from './config-file.js';
import { type HeapPlan, type MemoryLimit, memoryLimit, planHeap } from './heap.js';
import type { Raw } from './kinds.js';
import { checkHeadersFile, nodeFs, readEnvFile } from './node-fs.js';
import { fieldsOf } from './options.js';
import { dirsOf, nameIn, type Project, projectOf, searchFrom } from './project.js';
import { type KeyedLayer, type LayerInput, peekOption, type Resolved, resolveOptions } from './resolve.js';
import { checkLoader, isFileName, locateScript } from './script.js';
import type { Config } from './types.js';
import { hasNativeTypeScript, loadsByRequire, type TypeScriptFacts } from './user-module.js';
import { countWorkers } from './worker-count.js';

export interface LoadInput {
  readonly script: string | undefined;
  readonly args: readonly string[];
  /** By option name, without dashes. */
  readonly flags: Readonly<Record<string, Raw | undefined>>;
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Absolute directory of the caller. */
  readonly cwd: string;
  /** Options given in code. They stand between the env file and the config file. */
  readonly code?: Omit<KeyedLayer, 'base' | 'label'> & { readonly label?: string };
  readonly inlineHooks?: Hooks;
  /** Whether our own log lines are coloured. Default false. */
  readonly color?: boolean;
  /** The app is to run on another Node than this one, which reads TypeScript: that of an image. */
  readonly readsTypeScript?: boolean;
}

export interface Loaded {
  readonly resolved: Resolved;
  /** For the log: what was assumed, and what is risky. */
  readonly warnings: readonly string[];
  /** Absolute; undefined when none was given. */
  readonly script: string | undefined;
  /** What the script is run with, where it was given as a command. */
  readonly target: Target | undefined;
  readonly project: Project;
  readonly configFile: string | undefined;
  readonly workers: { readonly workers: number; readonly why: string | undefined };
  readonly name: string;
  readonly hookFiles: readonly string[];
}

/** Reads all layers and resolves the options. The script may be missing: `kf-cluster config` works without one. */
export async function loadOptions(input: LoadInput): Promise<Loaded> {
  const based = withBase(input);
  const target = input.script === undefined ? undefined : await targetOf(input.script, input, based.base);
  return readLayers(input, based, target);
}

async function readLayers(input: LoadInput, based: LayerInput, target: Target | undefined): Promise<Loaded> {
  const { base } = based;
  const script = target?.script;
  const early = withEnvFile({ ...based, environment: { ...based.environment, ...target?.env } });
  const project = projectOf(script, base, nodeFs);
  const found = await readConfigFile(early, findConfigFile(searchFrom(project, script, base), project));
  const code = input.code && { label: 'code', ...(await checked(input.code, input.inlineHooks)), base };
  const layers = withEnvFile({ ...early, code, file: found?.layer });
  const resolved = resolveOptions(layers);
  const { values } = resolved;
  const warnings = [
    ...(target?.notes ?? []),
    ...resolved.notes,
    ...headersWarning(values['exporter-otlp-headers-file']),
  ];
  return {
    resolved,
    warnings,
    script,
    target,
    project,
    configFile: found?.file,
    workers: countWorkers(values.workers, { parallelism: availableParallelism(), readText: nodeFs.readText }),
    name: checkName(values.name ?? nameOf(script, project), values.name && resolved.sources.name.name),
    hookFiles: [...(found?.hasHooks ? [found.file] : []), ...(values.hooks ?? [])],
  };
}

/** @throws KfError SCRIPT_*, BAD_FLAG, ENV_*, CONFIG_*, HOOKS_*, HEADERS_FILE or OTEL_INVALID, before anything was forked. */
export async function loadConfig(input: LoadInput): Promise<{ config: Config; loaded: Loaded }> {
  const script = input.script ?? locateScript(undefined, input.cwd, nodeFs);
  const based = withBase(input);
  const target = await targetOf(script, input, based.base);
  const loaded = await readLayers(input, based, target);
  const { values } = loaded.resolved;
  const env = { ...loaded.resolved.env, ...target.env };
  const nodeArgs = [...(target.nodeArgs ?? []), ...values['node-args']];
  const facts = typeScriptFacts(nodeArgs, input.environment);
  checkLoader(target.script, { ...facts, native: facts.native || input.readsTypeScript === true });
  checkAccessLog(values);
  checkScheduling(values.scheduling, process.versions.node);
  const wanted = cwdOf(loaded, input.cwd);
  const cwd = workingDirectory(wanted, target.script);
  if (values.telemetry) checkCertificates({ ...input.environment, ...env }, values['capture-logs'], cwd);
  const { sources } = loaded.resolved;
  await checkCron(values['cron-restart'], sources['cron-restart'].name);
  checkJournalStarts(values);
  checkPatterns(values['exclude-urls'], sources['exclude-urls'].name);
  checkWatchPaths(values['watch-path'], sources['watch-path'].name);
  const limit = memoryLimit(nodeFs.readText, totalmem());
  const config: Config = {
    ...fieldsOf(values),
    nodeArgs,
    name: loaded.name,
    spoolDir: values['spool-dir'] ?? defaultSpoolDir(loaded.name, loaded.project.dir, input.environment),
    // A generation stays with the release that it was started from, also when a `current` symlink has moved since.
    script: realpathSync(target.script),
    projectDirs: dirsOf(loaded.project),
    args: target.args,
    cwd: realpathSync(cwd),
    byRequire: loadsByRequire(target.script, [
      ...nodeArgs,
      ...(splitArgs(env.NODE_OPTIONS ?? input.environment.NODE_OPTIONS ?? '') ?? []),
    ]),
    workers: loaded.workers.workers,
    workersWhy: whyOf(loaded),
    env,
    heap: heapOf(loaded, limit, input.environment),
    memoryLimit: limit,
    hookFiles: loaded.hookFiles.map((file) => realpathIfThere(file)),
    inlineHooks: input.inlineHooks ?? {},
    color: input.color ?? false,
  };
  const moved = cwd === wanted ? [] : [`the working directory is gone: workers start in ${cwd}`];
  return { config, loaded: { ...loaded, warnings: [...loaded.warnings, ...moved] } };
}

/** The directory that the supervisor was started in may have been a release that is gone: then that of the script. */
function workingDirectory(wanted: string, script: string): string {
  return nodeFs.kind(wanted) === undefined ? dirname(script) : wanted;
}

/** Most scripts are files: what reads a command is loaded only for another one. */
async function targetOf(script: string, { args, environment }: LoadInput, base: string): Promise<Target> {
  if (isFileName(script, base, nodeFs)) return { script: locateScript(script, base, nodeFs), args };
  return (await import('#bundle/command-target')).commandTarget(script, args, base, {
    fs: nodeFs,
    path: environment.PATH,
  });
}

/** A command runs where npm would run it, unless a config file says where; `--cwd` says where npm would look for it. */
function cwdOf({ target, resolved }: Loaded, cwd: string): string {
  const said =
    resolved.sources.cwd.layer === 'file' || resolved.sources.cwd.layer === 'code' ? resolved.values.cwd : undefined;
  return said ?? target?.cwd ?? resolved.values.cwd ?? cwd;
}

/** Few give options in code: what checks them is loaded for those. */
async function checked(code: NonNullable<LoadInput['code']>, hooks: Hooks | undefined) {
  const { checkCode } = await import('./code-input.js');
  return checkCode(code, hooks);
}

/** Everything relative starts at the working directory, which itself starts where the caller is. */
function withBase({ flags, environment, cwd }: LoadInput): LayerInput {
  const given = peekOption('cwd', { flags, environment, base: cwd });
  if (!given) return { flags, environment, base: cwd };
  const base = given.value;
  if (nodeFs.kind(base) !== 'directory') {
    throw new KfError('BAD_FLAG', `${given.source.name}: ${base} is not a directory`, 'workers cannot run there');
  }
  if (given.source.layer === 'flag') return { flags: { ...flags, cwd: base }, environment, base };
  return { flags, environment: { ...environment, [given.source.name]: base }, base };
}

/** Adds the env file once its path is known: from a flag or the environment at first, from a file later. */
function withEnvFile(input: LayerInput): LayerInput {
  const path = input.envFile ? undefined : peekOption('env-file', input)?.value;
  return path !== undefined ? { ...input, envFile: { path, vars: readEnvFile(path) } } : input;
}

async function readConfigFile(input: LayerInput, nearest: string | undefined) {
  const named = peekOption('config', input)?.value;
  const file = named ?? nearest;
  if (file === undefined) return undefined;
  const nodeArgs = peekOption('node-args', input)?.value ?? [];
  return loadConfigFile(file, input.base, typeScriptFacts(nodeArgs, input.environment));
}

function typeScriptFacts(nodeArgs: readonly string[], environment: LoadInput['environment']): TypeScriptFacts {
  const inherited = splitArgs(environment.NODE_OPTIONS ?? '') ?? [];
  return { native: hasNativeTypeScript(), nodeArgs: [...nodeArgs, ...inherited, ...process.execArgv] };
}

function heapOf(
  { resolved, workers }: Loaded,
  limit: MemoryLimit | undefined,
  environment: LoadInput['environment'],
): HeapPlan {
  const { values, env } = resolved;
  const inherited = splitArgs(env.NODE_OPTIONS ?? environment.NODE_OPTIONS ?? '') ?? [];
  return planHeap({
    wanted: values.heap,
    limit,
    workers: workers.workers,
    surge: Math.max(1, values['max-surge']), // a recycle has one too
    nodeArgs: [...values['node-args'], ...inherited, ...process.execArgv],
  });
}

function headersWarning(file: string | undefined): string[] {
  const warning = file === undefined ? undefined : checkHeadersFile(file);
  return warning === undefined ? [] : [warning];
}

/** The name in the project's package.json, else of the script's file; of the project's directory where the file says nothing. */
function nameOf(script: string | undefined, project: Project): string {
  const isOwn = script !== undefined && searchFrom(project, script, project.dir) === dirname(script);
  return nameIn(project.dir, nodeFs) ?? (isOwn ? basename(script, extname(script)) : basename(project.dir));
}

function whyOf(loaded: Loaded): string | undefined {
  const source = loaded.resolved.sources.workers;
  return loaded.workers.why ?? (source.name.startsWith('WEB_CONCURRENCY') ? `${source.name} says so` : undefined);
}

/** A hook file that is missing is reported by who loads it. */
function realpathIfThere(file: string): string {
  return nodeFs.kind(file) === undefined ? file : realpathSync(file);
}
