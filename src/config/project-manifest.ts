import { join } from 'node:path';
import { KfError } from '../contract/errors.js';
import { messageOf } from '../contract/system-error.js';
import type { ScriptFs } from './script.js';
import { upwards } from './upwards.js';

/** What a package.json says of its commands. */
export interface Manifest {
  readonly dir: string;
  readonly name: string | undefined;
  readonly version: string | undefined;
  readonly scripts: Readonly<Record<string, string>>;
}

/** @throws KfError SCRIPT_NOT_READABLE for one that is no JSON */
export function manifestAbove(base: string, fs: Pick<ScriptFs, 'readText'>): Manifest | undefined {
  for (const dir of upwards(base)) {
    const text = fs.readText(join(dir, 'package.json'));
    if (text !== undefined) return { dir, ...parsed(text, dir) };
  }
  return undefined;
}

function parsed(text: string, dir: string): Omit<Manifest, 'dir'> {
  try {
    const { name, version, scripts } = JSON.parse(text) ?? {};
    const entries = Object.entries(scripts ?? {}).filter(
      (entry): entry is [string, string] => typeof entry[1] === 'string',
    );
    const textOf = (value: unknown) => (typeof value === 'string' ? value : undefined);
    return { name: textOf(name), version: textOf(version), scripts: Object.fromEntries(entries) };
  } catch (error) {
    throw new KfError('SCRIPT_NOT_READABLE', `cannot read ${join(dir, 'package.json')}`, messageOf(error), {
      fix: 'Mend the JSON, or name the file of the app.',
    });
  }
}
