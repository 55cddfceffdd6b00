import { homedir } from 'node:os';
import { isAbsolute, join } from 'node:path';

/** Where the workers of a supervisor of this name keep what is not delivered yet: below XDG_STATE_HOME or ~/.local/state. */
export function defaultSpoolDir(name: string, env: Readonly<Record<string, string | undefined>>): string {
  const given = env.XDG_STATE_HOME;
  // The specification says that a relative one is to be ignored.
  const base = given && isAbsolute(given) ? given : join(homedir(), '.local', 'state');
  // A name may be that of a scoped package: one folder all the same.
  return join(base, 'kf-cluster', encodeURIComponent(name), 'spool');
}
