import { existsSync } from 'node:fs';
import { join, relative } from 'node:path';
import { toKfError } from '../contract/errors.js';

/** What the command line ends with: the code of what is run, or that of its error, which is shown. Data goes to stdout, all else to stderr. */
export async function exitCodeOf(run: () => Promise<number>): Promise<number> {
  try {
    return await run();
  } catch (error) {
    const known = toKfError(error);
    process.stderr.write(withPaths(known.render()));
    return known.exitCode;
  }
}

/** Beside the bundles of the package; unbundled there is nothing. */
const PACKAGE = join(import.meta.dirname, '../../');

/** A page of ours by its path from here: the docs are in the package, and not in the project of who reads this. */
function withPaths(text: string): string {
  return text.replaceAll(/(?<![\w/.-])docs\/[\w-]+\.md/g, (page) => {
    const file = join(PACKAGE, page);
    if (!existsSync(file)) return page;
    const path = relative(cwdOrRoot(), file);
    return path.startsWith('..') ? file : path;
  });
}

/** The working directory may be gone. */
function cwdOrRoot(): string {
  try {
    return process.cwd();
  } catch {
    return '/';
  }
}
