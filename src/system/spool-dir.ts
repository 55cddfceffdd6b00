import { join } from 'node:path';
import { stateDir } from './home.js';

/**
 * Where the workers of one app keep what is not delivered yet: below XDG_STATE_HOME or ~/.local/state, by the name and
 * by the app's directory, for two apps of one name must not send each other's spans, with each other's headers.
 *
 * @param appDir of the package, or of the script without one; as it was written, so that a `current` symlink that
 *   moves on to the next release still leads to what the last one left
 */
export function defaultSpoolDir(
  name: string,
  appDir: string,
  env: Readonly<Record<string, string | undefined>>,
): string {
  // A name may be that of a scoped package: one folder all the same.
  return join(stateDir(env), 'kf-cluster', `${encodeURIComponent(name)}-${fingerprint(appDir)}`, 'spool');
}

/** FNV-1a, eight hexadecimal digits: it only distinguishes directories, and costs the primary no crypto library. */
function fingerprint(text: string): string {
  let hash = 0x811c9dc5;
  for (const byte of Buffer.from(text)) hash = Math.imul(hash ^ byte, 0x01000193);
  return (hash >>> 0).toString(16).padStart(8, '0');
}
