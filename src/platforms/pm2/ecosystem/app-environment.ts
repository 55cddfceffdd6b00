type Variables = Readonly<Record<string, string | undefined>>;

/** What the workers of an app run with: the caller's environment, less `filter_env`, then `env`, then `env_<name>`. */
export function environmentOf(
  app: Readonly<Record<string, unknown>>,
  caller: Variables,
  envName: string | undefined,
): Record<string, string> {
  const chosen = envName === undefined ? undefined : app[`env_${envName}`];
  return { ...filtered(caller, app.filter_env), ...texts(app.env), ...texts(chosen) };
}

function filtered(caller: Variables, filter: unknown): Record<string, string> {
  const isKept = (name: string) => {
    if (filter === true) return false;
    if (typeof filter === 'string') return name !== filter;
    return !(Array.isArray(filter) && filter.some((part) => name.includes(String(part))));
  };
  return Object.fromEntries(
    Object.entries(caller).filter((entry): entry is [string, string] => entry[1] !== undefined && isKept(entry[0])),
  );
}

/** pm2 writes an object as JSON. A variable that is null or undefined is none. */
function texts(env: unknown): Record<string, string> {
  if (typeof env !== 'object' || env === null) return {};
  return Object.fromEntries(
    Object.entries(env)
      .filter(([, value]) => value !== undefined && value !== null)
      .map(([name, value]) => [name, typeof value === 'object' ? JSON.stringify(value) : String(value)]),
  );
}
