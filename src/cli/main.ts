import { isOneOf } from '../contract/table-keys.js';
import type { ALIASES, ControlCommand } from './command-names.js';
import { exitCodeOf } from './exit-code.js';
import { normalizeArgv } from './flags.js';
import { invocationOf } from './invocation.js';
import { readPlainStart } from './plain-start.js';

/**
 * Runs the command line; resolves to the exit code. A plain start by this file alone, any other command by theirs.
 *
 * @param keepCode keeps the compiled code of this file for the next start
 */
export function main(args: readonly string[], keepCode: () => void = () => undefined): Promise<number> {
  return exitCodeOf(async () => {
    leaveGoneDirectory(args[0]);
    const plain = readPlainStart(normalizeArgv(args));
    if (!plain) return (await import('#bundle/commands')).runCommand(args);
    keepCode();
    return (await import('./start-command.js')).start(invocationOf(plain), {});
  });
}

/** Those that ask a supervisor, and need no directory for it. */
const ASKING = [
  ...(['status', 'describe', 'list', 'ls', 'ps', 'logs', 'reload', 'restart', 'scale', 'stop', 'signal'] as const),
] as const satisfies readonly (ControlCommand | keyof typeof ALIASES)[];

/** What runs in a release that was removed can still be asked and stopped from there: yargs would not load. */
function leaveGoneDirectory(command = ''): void {
  if (!isOneOf(ASKING, command)) return;
  try {
    process.cwd();
  } catch {
    process.chdir('/');
  }
}
