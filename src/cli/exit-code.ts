import { toKfError } from '../contract/errors.js';

/** What the command line ends with: the code of what is run, or that of its error, which is shown. Data goes to stdout, all else to stderr. */
export async function exitCodeOf(run: () => Promise<number>): Promise<number> {
  try {
    return await run();
  } catch (error) {
    const known = toKfError(error);
    process.stderr.write(known.render());
    return known.exitCode;
  }
}
