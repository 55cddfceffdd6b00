import { inspect } from 'node:util';
import { toKfError } from '../contract/errors.js';
import type { Log } from '../contract/log.js';
import { eventLog } from '../contract/log-events.js';
import { isSystemError } from '../contract/system-error.js';

/** So many kinds of errors are logged, each once. */
const KINDS = 100;

/** What was thrown in the primary where nobody could act on it. */
export interface LastResort {
  /** Logs it, once for each kind, and counts it. Nothing ends. */
  survive(where: string, error: unknown): void;
  count(): number;
}

/**
 * No error that is thrown here ends the primary: workers that serve are worth more than what one call was for. An error of
 * the system is logged with what to do about it, any other one with its stack, for it is a mistake of a hook or a defect of
 * ours. What is decided is decided by a pure function, and each effect of a decision is done by itself: what fails leaves
 * nothing half-made.
 */
export function createLastResort(log: Log): LastResort {
  const reported = new Set<string>();
  let count = 0;
  return {
    survive: (where, error) => {
      count += 1;
      const system = isSystemError(error);
      const kind = system ? `${error.syscall} ${error.code}` : `${where} ${describe(error)}`;
      if (reported.has(kind) || reported.size >= KINDS) return;
      reported.add(kind);
      if (system) refused(log, error);
      else unhandled(log, where, describe(error));
    },
    count: () => count,
  };
}

const FIX = 'Mend the hook that its stack names. Where it names kf-cluster alone, report it as a defect';

/** For what is thrown where nobody guards: a callback of Node's own, or of a primary hook. */
export function surviveUncaught(resort: Pick<LastResort, 'survive'>): void {
  process.on('uncaughtException', (error: unknown) => resort.survive('uncaught', error));
}

function unhandled(log: Log, where: string, error: string): void {
  const text = `an error that nobody handles (${where}): the supervisor goes on`;
  eventLog(log, 'supervisor-goes-on', { where }).error(text, { error, fix: FIX });
}

function refused(log: Log, error: NodeJS.ErrnoException): void {
  const { why, fix } = toKfError(error);
  eventLog(log, 'supervisor-goes-on', { where: 'system', code: error.code }).error(
    `the system refused a call, and the supervisor goes on: ${why}`,
    { fix },
  );
  log.debug(`${error.stack}`);
}

function describe(error: unknown): string {
  return inspect(error);
}
