import { closeSync } from 'node:fs';
import type { Config } from '../config/types.js';
import { cannotWrite, mayPass, openForLog } from '../system/log-file.js';

/**
 * Refuses at the start what every worker would refuse at its boot.
 * @throws KfError LOG_FILE for a file that cannot be opened for a reason that does not pass by itself
 */
export function checkAccessLogFile({ accessLog }: Config): void {
  if (accessLog === undefined || accessLog === '-') return;
  try {
    closeSync(openForLog(accessLog));
  } catch (error) {
    if (!mayPass(error)) throw cannotWrite(accessLog, error);
  }
}
