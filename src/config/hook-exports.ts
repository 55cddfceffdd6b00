import { HOOK_SIDES, type HookName, type Hooks } from '../../hooks/types.js';
import { KfError } from '../contract/errors.js';
import { nearest } from '../contract/nearest.js';
import { keysOf } from '../contract/table-keys.js';

export type Exports = Readonly<Record<string, unknown>>;

const NAMES = keysOf(HOOK_SIDES);

/**
 * The hooks among what a file exports. A config file exports options too, so values that are no functions are let
 * pass; but a function under another name is a hook that would silently never run.
 * @throws KfError HOOKS_INVALID naming the export, and the hook that was meant.
 */
export function validateHookExports(file: string, exports: Exports): Hooks {
  const hooks: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(exports)) {
    if (isHookName(name)) {
      if (value === undefined) continue;
      if (typeof value !== 'function') {
        throw new KfError('HOOKS_INVALID', `${file}: ${name} is ${typeOf(value)}`, 'expected a function');
      }
      hooks[name] = value;
    } else if (typeof value === 'function' || isMisspelt(name)) {
      throw unknownHook(file, name);
    }
  }
  return hooks;
}

export function isHookName(name: string): name is HookName {
  return Object.hasOwn(HOOK_SIDES, name);
}

/** Right but for the case of its letters. */
function isMisspelt(name: string): boolean {
  return NAMES.some((hook) => hook.toLowerCase() === name.toLowerCase());
}

function unknownHook(file: string, name: string): KfError {
  const near = nearest(name, NAMES);
  return new KfError(
    'HOOKS_INVALID',
    `${file}: ${name} is not a hook${near === undefined ? '' : `; did you mean ${near}?`}`,
    `the hooks are ${NAMES.join(', ')}`,
    near === undefined ? {} : { fix: `Rename the export to ${near}.` },
  );
}

function typeOf(value: unknown): string {
  if (value === null) return 'null';
  return Array.isArray(value) ? 'an array' : `a ${typeof value}`;
}
