import { accessSync, constants, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Config } from '../config/types.js';
import type { Log } from '../contract/log.js';
import { eventLog } from '../contract/log-events.js';
import { messageOf } from '../contract/system-error.js';

/**
 * Says at the start that undelivered spans cannot wait on disk, with the system's own error: a worker finds out only when
 * the collector is down, and what it then loses has no better place any more. Makes nothing: the spool is made when needed.
 */
export function checkSpool({ telemetry, delivery, spoolDir }: Config, log: Log): void {
  if (!telemetry || delivery === 'memory') return;
  try {
    // A file in its place fails here too, with ENOTDIR.
    accessSync(join(nearest(spoolDir), '/'), constants.W_OK | constants.X_OK);
  } catch (error) {
    eventLog(log, 'spool-unwritable').warn(
      'undelivered spans cannot wait on disk: they wait in memory, and what a stop does not deliver is lost',
      {
        why: messageOf(error),
        fix: `Make ${spoolDir} writable, name another with --spool-dir, or say --delivery memory`,
      },
    );
  }
}

/** The directory itself, or the one that it would be made in. Throws what `stat` throws, but ENOENT. */
function nearest(dir: string): string {
  const above = dirname(dir);
  return above === dir || statSync(dir, { throwIfNoEntry: false }) ? dir : nearest(above);
}
