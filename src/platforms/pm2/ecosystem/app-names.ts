import { checkApp } from './check-app.js';
import { fullName } from './pm2-app.js';

type Fields = Readonly<Record<string, unknown>>;

interface NamedApp {
  readonly fields: Fields;
  readonly name: string;
  readonly warnings: readonly string[];
}

interface NamesInput {
  readonly env?: string | undefined;
  /** None gets a number. */
  readonly strict?: boolean | undefined;
}

/**
 * Apps with the names that they are addressed by. Of several that run one script and have no name of their own, which pm2
 * calls the same, the second and those behind it get a number.
 */
export function withNames(raw: readonly Fields[], { env, strict }: NamesInput): readonly NamedApp[] {
  const taken = new Set<string>();
  return raw.map((given) => {
    const own = fullName(checkApp(given).app, env);
    const fields = strict || given.name || !taken.has(own) ? given : { ...given, name: numbered(given, env, taken) };
    const name = fields === given ? own : fullName(checkApp(fields).app, env);
    taken.add(name);
    const text = `another app of the file is called "${own}": this one is "${name}", unless it has a name`;
    return { fields, name, warnings: name === own ? [] : [text] };
  });
}

/** Its prefix and its ending are added to that. */
function numbered(fields: Fields, env: string | undefined, taken: ReadonlySet<string>): string {
  const { script } = checkApp(fields).app;
  for (let number = 2; ; number += 1) {
    const name = `${fullName({ script }, undefined)}-${number}`;
    if (!taken.has(fullName(checkApp({ ...fields, name }).app, env))) return name;
  }
}
