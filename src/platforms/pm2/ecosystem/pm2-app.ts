import { basename, resolve } from 'node:path';
import type { Hooks } from '../../../../hooks/types.js';
import type { Raw } from '../../../config/kinds.js';
import { nodeFs } from '../../../config/node-fs.js';
import { isFileName, locateScript } from '../../../config/script.js';
import { KfError } from '../../../contract/errors.js';
import { valueIn } from '../../../otel-env/read-variable.js';
import { asProcess } from '../as-process.js';
import { programInPath, programOf } from '../programs.js';
import { environmentOf } from './app-environment.js';
import { type Checked, checkApp } from './check-app.js';
import { FIX, SERVER } from './ecosystem-file.js';
import { ENV_FIELD, OWN_KEY, PM2_TABLE } from './field-table.js';
import { nameOf, wordsOf } from './fields-run.js';
import type { Draft, Launch, Treatment } from './pm2-field.js';
import { readinessOf } from './readiness.js';

/** One app of an ecosystem file in our terms. */
export interface Pm2App {
  readonly name: string;
  /** A file, absolute; or a command as it is written, which is resolved with `args` like that of `kf-cluster start`. */
  readonly script: string;
  readonly args: readonly string[];
  /** Absolute. */
  readonly cwd: string;
  /** Options by their key in a config file. */
  readonly options: Readonly<Record<string, Raw>>;
  /** The field of pm2 that each option comes from. */
  readonly origins: Readonly<Record<string, string>>;
  /** The whole environment of the supervisor and its workers. */
  readonly env: Readonly<Record<string, string>>;
  readonly launch: Launch;
  /** Variables that differ from worker to worker. */
  readonly hooks: Hooks;
  /** What the start goes on without, each a line that names file, app and field. */
  readonly warnings: readonly string[];
  /** Each field as written, and what it has become. */
  readonly mapping: readonly Mapping[];
}

export interface Mapping {
  readonly field: string;
  readonly value: unknown;
  readonly treatment: Treatment | 'own';
  readonly ours: string;
}

interface AppContext {
  readonly file: string;
  /** The caller's. */
  readonly cwd: string;
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** `--env` */
  readonly envName: string | undefined;
  /** What would be a warning is an error. */
  readonly strict: boolean;
}

/** @throws KfError CONFIG_INVALID naming the file, the app, each wrong field and what was expected. */
export async function mapApp(raw: Readonly<Record<string, unknown>>, context: AppContext): Promise<Pm2App> {
  const checked = checkApp(raw);
  const { app, problems, warnings } = checked;
  const cwd = resolve(context.cwd, typeof app.cwd === 'string' ? app.cwd : '.');
  const draft: Draft = {
    app,
    cwd,
    options: {},
    env: environmentOf(app, context.environment, context.envName),
    launch: {},
    problems,
    warnings,
    notes: [],
    nodeArgs: [],
    interpreter: undefined,
    incrementVar: undefined,
  };
  const origins = problems.length === 0 ? takeAll(draft, checked.written) : {};
  const name = fullName(app, context.envName);
  nameSpans(draft, name);
  const target = problems.length > 0 ? NONE : await targetOf(draft);
  Object.assign(draft.options, await ownOptions(raw[OWN_KEY], draft));
  refuse(context.file, name, context.strict ? [...problems, ...warnings] : problems);
  const { options, env, launch } = draft;
  const { script, args } = target;
  return {
    name,
    script,
    args,
    cwd,
    options,
    origins,
    env,
    launch,
    hooks: slotHooks(draft),
    warnings: [...warnings, ...draft.notes].map(
      ({ field, text }) => `${context.file}: app "${name}": ${field} ${text}`,
    ),
    mapping: mappingOf(raw, checked),
  };
}

/** Returns which field each option comes from. */
function takeAll(draft: Draft, written: Checked['written']): Record<string, string> {
  const { app, options } = draft;
  const origins: Record<string, string> = {};
  for (const { name, take } of PM2_TABLE) {
    if (app[name] === undefined) continue;
    const before = { ...options };
    take?.(app[name] as never, draft);
    for (const key of Object.keys(options)) if (options[key] !== before[key]) origins[key] = written[name] ?? name;
  }
  options.workers ??= 1;
  const ready = readinessOf(draft);
  if (ready !== undefined) options.ready = ready;
  if (options.watch) ignoreOwnFiles(draft);
  const maps =
    app.disable_source_map_support === true || app.source_map_support === false ? [] : ['--enable-source-maps'];
  options.nodeArgs = [...draft.nodeArgs, ...wordsOf(app.node_args), ...maps];
  return origins;
}

/** A reload at each line of the log would never end. */
function ignoreOwnFiles({ options, launch }: Draft): void {
  const { out, err, combined, pidFile } = launch;
  const files = [out, err, combined, pidFile].filter((file) => typeof file === 'string');
  const before = Array.isArray(options.watchIgnore) ? options.watchIgnore : [];
  if (files.length > 0) options.watchIgnore = [...before, ...files];
}

/** A name that was given is also that of the service; OTEL_SERVICE_NAME wins over an option that stands in code. */
function nameSpans({ app, options, env }: Draft, name: string): void {
  options.name = name;
  if (app.name === undefined || valueIn(env, 'OTEL_RESOURCE_ATTRIBUTES')?.['service.name'] !== undefined) return;
  options.serviceName = name;
}

/** What an app is called here. */
export function fullName(app: Readonly<Record<string, unknown>>, envName: string | undefined): string {
  const ending = app.append_env_to_name === true && envName !== undefined ? `-${envName}` : '';
  return `${app.name_prefix ?? ''}${nameOf(app)}${ending}`;
}

/** What a worker runs, and its arguments. */
interface Target {
  readonly script: string;
  readonly args: readonly string[];
}

const NONE: Target = { script: '', args: [] };

async function targetOf(draft: Draft): Promise<Target> {
  const { app, cwd, problems, env, interpreter } = draft;
  const script = String(app.script);
  const args = wordsOf(app.args);
  if (nodeFs.kind(cwd) !== 'directory') {
    problems.push({ field: 'cwd', text: `is ${cwd}; expected a directory` });
    return NONE;
  }
  if (basename(script) === 'kf-cluster') {
    const words = args.map((word) => (/[^\w./=:@-]/.test(word) ? JSON.stringify(word) : word)).join(' ');
    problems.push({
      field: 'script',
      text: `is kf-cluster itself: the file is for pm2. Without pm2: kf-cluster ${words}`,
    });
    return NONE;
  }
  if (script === 'serve') {
    problems.push({ field: 'script', text: FILE_SERVER });
    return NONE;
  }
  const interpreterArgs = wordsOf(app.node_args);
  const program = programOf({ script, interpreter, interpreterArgs, cwd, path: env.PATH });
  if (typeof program === 'string') problems.push({ field: 'script', text: `is ${JSON.stringify(script)}: ${program}` });
  if (typeof program === 'object') return asProcess(draft, program, args);
  return typeof program === 'string' ? NONE : await commandOrFile(draft, args);
}

/** It is pm2's own whatever stands in package.json and in PATH: a program of that name would serve another folder. */
const FILE_SERVER = `is "serve": ${SERVER}`;

/** A file, or a command of package.json; else a program of that name in PATH, which pm2 runs too. */
async function commandOrFile(draft: Draft, args: readonly string[]): Promise<Target> {
  const { app, cwd, env, interpreter } = draft;
  const script = String(app.script);
  try {
    if (isFileName(script, cwd, nodeFs)) return { script: locateScript(script, cwd, nodeFs), args };
    const { commandTarget } = await import('../../../config/command-target.js');
    commandTarget(script, args, cwd, { fs: nodeFs, path: env.PATH }); // throws when it leads nowhere
    return { script, args };
  } catch (error) {
    if (!(error instanceof KfError)) throw error;
    const program = interpreter === undefined ? programInPath(script, cwd, env.PATH) : undefined;
    if (error.code === 'SCRIPT_NEEDS_LOADER' && program) return asProcess(draft, program, args);
    draft.problems.push({ field: 'script', text: `is ${JSON.stringify(script)}: ${problemOf(error, script)}` });
    return NONE;
  }
}

function problemOf({ code, message, why, fix }: KfError, script: string): string {
  if (code === 'SCRIPT_IS_COMMAND') return `${message}, ${why}. ${fix}`;
  const [first = '', second] = script.split(/\s+/);
  const command = second !== undefined && !/^(node|npm|npx|pnpm|yarn)$/.test(first) && !first.includes('/');
  return command ? `there is no ${first} in PATH` : `${message}; expected the file of a program, or npm with args`;
}

/** The options under `kf`, in the words of our own config file. Relative paths start at the app's `cwd`. */
async function ownOptions(own: unknown, { env, problems }: Draft): Promise<Record<string, Raw>> {
  if (own === undefined || own === null) return {};
  const { validateOptions } = await import('../../../config/file-schema.js');
  try {
    const { env: added, ...options } = validateOptions(OWN_KEY, own);
    for (const [name, value] of Object.entries(added ?? {})) env[name] ??= value;
    return options;
  } catch (error) {
    if (!(error instanceof KfError)) throw error;
    problems.push({ field: OWN_KEY, text: error.why });
    return {};
  }
}

function refuse(file: string, name: string, problems: Checked['problems']): void {
  if (problems.length === 0) return;
  const count = problems.length === 1 ? 'a field is' : `${problems.length} fields are`;
  const why = problems.map(({ field, text }) => `${field} ${text}`).join('; ');
  throw new KfError('CONFIG_INVALID', `${file}: app "${name}": ${count} wrong`, why, { fix: FIX });
}

function slotHooks({ incrementVar, env }: Draft): Hooks {
  if (incrementVar === undefined) return {};
  const first = Number(env[incrementVar]) || 0;
  return { preFork: ({ slot }) => ({ [incrementVar]: String(first + slot) }) };
}

function mappingOf(raw: Readonly<Record<string, unknown>>, { app, written }: Checked): Mapping[] {
  const lines = Object.keys(app).map((key): Mapping => {
    const row = PM2_TABLE.find((field) => field.name === key) ?? PM2_TABLE.find((field) => field.name === ENV_FIELD)!;
    return { field: written[key] ?? key, value: app[key], treatment: row.treatment, ours: row.ours || 'nothing to do' };
  });
  const own = raw[OWN_KEY];
  return own === undefined
    ? lines
    : [...lines, { field: OWN_KEY, value: own, treatment: 'own', ours: 'options of ours' }];
}
