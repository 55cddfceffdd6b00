import { EXIT, KfError } from '../contract/errors.js';
import type { LogOutput } from './log-output.js';

const FIX = 'Throw an error there instead; kf-cluster stop, or SIGTERM to this process, stops the cluster';

/**
 * A hook of the primary, or a library of one, that calls process.exit() ends the supervisor under its workers. That cannot be
 * undone: it is reported with its place, and a code of 0 becomes that of a failure, for which a service manager starts it again.
 *
 * @returns takes that away
 */
export function reportCalledExit({ say }: Pick<LogOutput, 'say'>): () => void {
  const report = (code: number) => {
    const caller = callerOfExit(new Error().stack ?? '');
    if (caller === undefined) return; // it ends for another reason
    process.exitCode = code || EXIT.failure;
    const what = `process.exit(${code}) was called in the supervisor`;
    say(
      new KfError('HOOK_FAILED', what, `${caller}; the workers finish what they have, and end`, { fix: FIX }).render(),
    );
  };
  process.on('exit', report);
  return () => void process.off('exit', report);
}

/** The line of a stack below that of process.exit(). */
function callerOfExit(stack: string): string | undefined {
  const lines = stack.split('\n');
  const exit = lines.findIndex((line) => /\bprocess\.(exit|reallyExit)\b/.test(line));
  return exit === -1 ? undefined : (lines[exit + 1]?.trim() ?? 'its caller is not known');
}
