import { resolve } from 'node:path';
import type { LoadInput } from '../../../config/load-options.js';
import { KfError } from '../../../contract/errors.js';
import { nearest } from '../../../contract/nearest.js';
import { checkApp } from './check-app.js';
import { FIX, readApps } from './ecosystem-file.js';
import { fullName, mapApp, type Pm2App } from './pm2-app.js';

export { isEcosystemFile } from './ecosystem-file.js';
export type { Mapping, Pm2App } from './pm2-app.js';

export interface EcosystemInput {
  readonly file: string;
  readonly cwd: string;
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Names of apps, separated by commas; all of them when absent. */
  readonly only?: string | undefined;
  /** The one app of exactly that name. */
  readonly app?: string | undefined;
  /** Adds each app's `env_<name>`. */
  readonly env?: string | undefined;
  /** Refuses what is otherwise warned of: unknown fields, and those that nothing is done with. */
  readonly strict?: boolean | undefined;
}

/**
 * The apps of a pm2 ecosystem file in our terms, all of them checked before one is used.
 * @throws KfError CONFIG_NOT_FOUND, CONFIG_UNREADABLE, CONFIG_INVALID or BAD_FLAG, with file, app, field and what was expected.
 */
export async function readEcosystem(input: EcosystemInput): Promise<readonly Pm2App[]> {
  const file = resolve(input.cwd, input.file);
  const raw = await readApps(file);
  checkEnvName(raw, input.env, file);
  const context = {
    file,
    cwd: input.cwd,
    environment: input.environment,
    envName: input.env,
    strict: input.strict === true,
  };
  const apps: Pm2App[] = [];
  const errors: KfError[] = [];
  for (const one of raw) {
    try {
      apps.push(await mapApp(one, context));
    } catch (error) {
      if (!(error instanceof KfError)) throw error;
      errors.push(error);
    }
  }
  if (errors.length > 0) throw allOf(errors, file);
  checkNames(apps, file);
  return input.app === undefined ? select(apps, input.only, file) : apps.filter(({ name }) => name === input.app);
}

/**
 * Only the names of its apps, whatever else is wrong with them.
 * @throws KfError CONFIG_NOT_FOUND, CONFIG_UNREADABLE, CONFIG_INVALID or BAD_FLAG
 */
export async function appNames(input: EcosystemInput): Promise<readonly string[]> {
  const file = resolve(input.cwd, input.file);
  const apps = (await readApps(file)).map((raw) => ({ name: fullName(checkApp(raw).app, input.env) }));
  return select(apps, input.only, file).map(({ name }) => name);
}

/** What loads the configuration of one app. Flags and the environment win over the file. */
export function inputOf(app: Pm2App, file: string, caller: LoadInput): LoadInput {
  return {
    script: app.script,
    args: app.args,
    flags: caller.flags,
    environment: app.env,
    cwd: app.cwd,
    code: { label: `${resolve(caller.cwd, file)}, app ${app.name}`, values: app.options, env: {}, names: app.origins },
    inlineHooks: app.hooks,
    color: caller.color ?? false,
  };
}

/** Everything at once: an error at each try would be a try for each app. */
function allOf(errors: readonly KfError[], file: string): KfError {
  const [first, ...others] = errors;
  if (first && others.length === 0) return first;
  const text = ({ message, why }: KfError) => `${message.slice(file.length + 2)}: ${why}`;
  const why = errors.map(text).join('\n       ');
  return new KfError('CONFIG_INVALID', `${file}: ${errors.length} apps are wrong`, why, { fix: FIX });
}

function checkNames(apps: readonly Pm2App[], file: string): void {
  const twice = apps.find(({ name }, i) => apps.findIndex((other) => other.name === name) !== i);
  if (!twice) return;
  const why = 'name is what an app is addressed by; expected a different one for each';
  throw new KfError('CONFIG_INVALID', `${file}: two apps have the name "${twice.name}"`, why, { fix: FIX });
}

function select<T extends { readonly name: string }>(
  apps: readonly T[],
  only: string | undefined,
  file: string,
): readonly T[] {
  if (only === undefined) return apps;
  const names = apps.map((app) => app.name);
  const wanted = wantedOf(only, names);
  const unknown = wanted.find((name) => !names.includes(name));
  if (unknown === undefined && wanted.length > 0) return apps.filter(({ name }) => wanted.includes(name));
  const near = nearest(unknown ?? '', names);
  throw new KfError(
    'BAD_FLAG',
    `--only: ${file} has no app "${unknown ?? only}"`,
    `expected names of ${names.join(', ')}`,
    {
      fix: near === undefined ? FIX : `Did you mean --only ${near}?`,
    },
  );
}

/** Names may hold commas and spaces, and both stand between names: what is a name as a whole is one. */
function wantedOf(only: string, names: readonly string[]): readonly string[] {
  if (names.includes(only)) return [only];
  const byComma = only.split(',').map((name) => name.trim());
  const wanted = byComma.every((name) => names.includes(name)) ? byComma : only.split(/[, ]/);
  return wanted.filter((name) => name !== '');
}

/** pm2 goes on without the variables when the name is misspelt: an app then runs in production with other settings. */
function checkEnvName(raw: readonly Record<string, unknown>[], name: string | undefined, file: string): void {
  if (name === undefined || raw.some((app) => app[`env_${name}`] !== undefined)) return;
  const known = raw.flatMap((app) => Object.keys(app).flatMap((key) => /^env_(\S+)$/.exec(key)?.[1] ?? []));
  const near = nearest(name, known);
  throw new KfError(
    'BAD_FLAG',
    `--env: no app of ${file} has env_${name}`,
    `expected one of ${known.join(', ') || 'none'}`,
    {
      fix: near === undefined ? FIX : `Did you mean --env ${near}?`,
    },
  );
}
