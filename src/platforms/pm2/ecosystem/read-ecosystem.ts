import { resolve } from 'node:path';
import type { LoadInput } from '../../../config/load-options.js';
import { KfError } from '../../../contract/errors.js';
import { nearest } from '../../../contract/nearest.js';
import { withNames } from './app-names.js';
import { FIX, readApps } from './ecosystem-file.js';
import { mapApp, type Pm2App } from './pm2-app.js';

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
 * The apps of a pm2 ecosystem file in our terms, all that are asked for checked before one is used.
 * @throws KfError CONFIG_NOT_FOUND, CONFIG_UNREADABLE, CONFIG_INVALID or BAD_FLAG, with file, app, field and what was expected.
 */
export async function readEcosystem(input: EcosystemInput): Promise<readonly Pm2App[]> {
  const file = resolve(input.cwd, input.file);
  const raw = await readApps(file);
  checkEnvName(raw, input.env, file);
  const named = withNames(raw, input);
  const context = {
    file,
    cwd: input.cwd,
    environment: input.environment,
    envName: input.env,
    strict: input.strict === true,
  };
  const apps: Pm2App[] = [];
  const errors: KfError[] = [];
  for (const { fields, warnings } of wantedApps(named, input, file)) {
    try {
      const app = await mapApp(fields, context);
      apps.push({ ...app, warnings: [...app.warnings, ...warnings.map((text) => `${file}: ${text}`)] });
    } catch (error) {
      if (!(error instanceof KfError)) throw error;
      errors.push(error);
    }
  }
  if (errors.length > 0) throw allOf(errors, apps, file);
  checkNames(named, file);
  return apps;
}

/** One that is not asked for may be wrong: it keeps none of the others from its start. */
function wantedApps<T extends { readonly name: string }>(
  apps: readonly T[],
  { app, only }: EcosystemInput,
  file: string,
): readonly T[] {
  return app === undefined ? select(apps, only, file) : apps.filter(({ name }) => name === app);
}

/**
 * Only the names of its apps, whatever else is wrong with them.
 * @throws KfError CONFIG_NOT_FOUND, CONFIG_UNREADABLE, CONFIG_INVALID or BAD_FLAG
 */
export async function appNames(input: EcosystemInput): Promise<readonly string[]> {
  const file = resolve(input.cwd, input.file);
  const apps = withNames(await readApps(file), input);
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
function allOf(errors: readonly KfError[], good: readonly Pm2App[], file: string): KfError {
  const [first, ...others] = errors;
  const alone = first && others.length === 0 ? first : undefined;
  const text = ({ message, why }: KfError) => `${message.slice(file.length + 2)}: ${why}`;
  const what = alone?.message ?? `${file}: ${errors.length} apps are wrong`;
  const why = alone?.why ?? errors.map(text).join('\n       ');
  const fix = `${alone?.fix ?? FIX}${withoutThem(good)}`;
  return new KfError(alone?.code ?? 'CONFIG_INVALID', what, why, { fix });
}

/** pm2 starts the others; here none is started, and this is how to have them. */
function withoutThem(good: readonly Pm2App[]): string {
  const names = good.map(({ name }) => name).join(',');
  if (good.length === 0 || (good.length > 1 && good.some(({ name }) => /[, ]/.test(name)))) return '';
  return ` The others by themselves: --only ${/[^\w,.@-]/.test(names) ? `'${names}'` : names}`;
}

function checkNames(apps: readonly { readonly name: string }[], file: string): void {
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
