import { nearest } from '../contract/nearest.js';
import { fileKeyOf } from './option-row.js';
import { ROWS } from './options.js';

/** The keys that a config file and `cluster.setup()` may have, beside hooks. */
export const KNOWN_KEYS: readonly string[] = ['env', ...ROWS.filter((row) => row.file !== false).map(fileKeyOf)];

/** One clause on a key that is no option. */
export function unknownKey(key: string): string {
  const near = nearest(key, KNOWN_KEYS);
  return near === undefined ? `${key}: unknown key` : `${key}: unknown key; did you mean ${near}?`;
}
