import { toKfError } from '../contract/errors.js';
import type { Log } from '../contract/log.js';
import { isSystemError } from '../contract/system-error.js';

/**
 * For what is thrown where nobody guards: a callback of Node's own, as a rule. An error of the system is logged, once for
 * each call and code, and lived with, for workers that serve are worth more than what one call was for. Any other is a
 * defect, after which nothing of the state can be trusted: it is named, and ends this process; the workers see to
 * themselves then, as when it is killed.
 *
 * @param print writes to where errors go, at once
 */
export function surviveSystemErrors(log: Log, print: (text: string) => void): void {
  const reported = new Set<string>();
  process.on('uncaughtException', (error: unknown) => {
    const known = toKfError(error);
    if (!isSystemError(error)) {
      print(known.render());
      process.exit(known.exitCode);
    }
    const kind = `${error.syscall} ${error.code}`;
    if (reported.has(kind)) return;
    reported.add(kind);
    log.error(`the system refused a call, and the supervisor goes on: ${known.why}`, { fix: known.fix });
    log.debug(`${error.stack}`);
  });
}
