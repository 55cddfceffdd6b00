import type { Hooks } from '../../hooks/types.js';
import { KfError } from '../contract/errors.js';
import { validateHookExports } from './hook-exports.js';
import { KNOWN_KEYS, unknownKey } from './known-keys.js';

/** What a program gave to `cluster.setup()`, as it is: nobody has checked its types. */
interface CodeInput<V> {
  readonly label?: string;
  readonly values: Readonly<Record<string, V>>;
  readonly env: Readonly<Record<string, unknown>>;
}

/**
 * Refuses what a config file would be refused for; values are checked where they are parsed.
 *
 * @returns the same, the variables as texts
 * @throws KfError HOOKS_INVALID for a hook that is misspelt or no function, CONFIG_INVALID for keys that are no options
 */
export function checkCode<C extends CodeInput<unknown>>(
  code: C,
  hooks: Hooks = {},
): C & { env: Record<string, string> } {
  const { values, env, label = 'cluster.setup()' } = code;
  validateHookExports(label, { ...values, ...hooks });
  const problems = [
    ...Object.entries(values).flatMap(([key, value]) =>
      value === undefined || KNOWN_KEYS.includes(key) ? [] : [unknownKey(key)],
    ),
    ...Object.entries(env).flatMap(([name, value]) =>
      ['string', 'number', 'boolean'].includes(typeof value) ? [] : [`env.${name}: expected a text`],
    ),
  ];
  if (problems.length === 0) {
    return { ...code, env: Object.fromEntries(Object.entries(env).map(([name, value]) => [name, String(value)])) };
  }
  const what = `${label}: ${problems.length === 1 ? 'a key is' : 'keys are'} wrong`;
  throw new KfError('CONFIG_INVALID', what, problems.join('; '));
}
