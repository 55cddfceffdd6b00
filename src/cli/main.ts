import { toKfError } from '../contract/errors.js';
import { normalizeArgv } from './flags.js';
import { invocationOf } from './invocation.js';
import { readPlainStart } from './plain-start.js';

/** Runs the command line; resolves to the exit code. Data goes to stdout, everything else to stderr. */
export async function main(args: readonly string[]): Promise<number> {
  try {
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
