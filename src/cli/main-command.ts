import { runCommand } from './commands.js';
import { exitCodeOf } from './exit-code.js';

/**
 * Runs a command line that is no `start`, by the file of the commands alone; resolves to the exit code.
 *
 * @param keepCode keeps the compiled code of this file for the next command
 */
export function mainCommand(args: readonly string[], keepCode: () => void): Promise<number> {
  return exitCodeOf(() => runCommand(args, keepCode));
}
