import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { upwards } from '../config/upwards.js';

/** The version of this package; bundled or not, its package.json is the nearest above this file. */
export function version(): string {
  const dir = upwards(dirname(fileURLToPath(import.meta.url))).find((place) => existsSync(join(place, 'package.json')));
  return JSON.parse(readFileSync(join(dir!, 'package.json'), 'utf8')).version;
}
