import { toKfError } from '../contract/errors.js';
import { isOneOf } from '../contract/table-keys.js';
import type { ALIASES, ControlCommand } from './command-names.js';
import { normalizeArgv } from './flags.js';
import { invocationOf } from './invocation.js';
import { readPlainStart } from './plain-start.js';

/** Runs the command line; resolves to the exit code. Data goes to stdout, everything else to stderr. */
export async function main(args: readonly string[]): Promise<number> {
  try {
    leaveGoneDirectory(args[0]);
    const normal = normalizeArgv(args);
    const plain = readPlainStart(normal);
    if (plain) return await (await import('./start-command.js')).start(invocationOf(plain), {});
    return await (await import('#bundle/commands')).runCommand(args);
  } catch (error) {
    const known = toKfError(error);
    process.stderr.write(known.render());
    return known.exitCode;
  }
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
