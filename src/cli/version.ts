import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { upwards } from '../config/upwards.js';
import { BUILD } from '../contract/build-id.js';

/**
 * The build, as `version+hash`: what `status` shows of a supervisor, so that the two can be compared. Unbundled the version of
 * the nearest package.json above this file.
 */
export function version(): string {
  if (BUILD !== 'unbundled') return BUILD;
  const files = upwards(import.meta.dirname).map((dir) => join(dir, 'package.json'));
  return JSON.parse(readFileSync(files.find((file) => existsSync(file)) ?? '', 'utf8')).version;
}
