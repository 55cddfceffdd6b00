import { dirname } from 'node:path';

/** The directory and all above it, nearest first. */
export function upwards(dir: string): string[] {
  const above = dirname(dir);
  return above === dir ? [dir] : [dir, ...upwards(above)];
}
