import { existsSync } from 'node:fs';
import { controlPlace } from '../control/control-dir.js';
import { listSupervisors } from '../control/find-supervisor.js';
import { processExists } from '../system/process-exists.js';
import { distrustOfPrivate } from '../system/trusted-dir.js';

/**
 * What is to be said of a supervisor in the background that has no control socket, or undefined: it can only be stopped by
 * its pid, and whoever started it must learn that now and not when a reload fails.
 */
export async function controlOff(name: string, pid: number | undefined): Promise<string | undefined> {
  const found = (await listSupervisors()).some(({ identity }) => identity?.pid === pid);
  // A job may be over as soon as it was started: nothing is to be stopped then.
  if (found || (pid !== undefined && !processExists(pid))) return undefined;
  const { dir, why } = controlPlace();
  const reason = dir === undefined ? why : whyNotIn(dir);
  return `warn: control is off, no command finds ${name}\n  why: ${reason}\n  fix: set XDG_RUNTIME_DIR to a short path that is yours alone, and start it again; kill -TERM ${pid} stops it\n`;
}

/** The folder may have been removed since, as that of a user who has logged out is. */
function whyNotIn(dir: string): string {
  return existsSync(dir) ? (distrustOfPrivate(dir)?.why ?? 'its log says why') : `${dir} is not there`;
}
