import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from '../helpers/run-node.js';

/** The files below these directories of the repository, as `src/core/stop.ts`; none of a dependency. */
export function filesBelow(tops: readonly string[], ending: RegExp): string[] {
  return tops.flatMap((top) =>
    readdirSync(join(root, top), { recursive: true, encoding: 'utf8' })
      .filter((name) => ending.test(name) && !name.includes('node_modules'))
      .map((name) => join(top, name)),
  );
}

export function textOf(file: string): string {
  return readFileSync(join(root, file), 'utf8');
}
