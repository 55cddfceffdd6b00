import type { LoadInput } from '../config/load.js';
import { wantsColor } from './color.js';
import { givenFlags } from './flags.js';

/** One call of the CLI, as its commands see it. */
export type Invocation = LoadInput;

export function invocationOf(argv: Readonly<Record<string, unknown>>): Invocation {
  const after = (argv['--'] ?? []) as readonly unknown[];
  return {
    script: argv.script as string | undefined,
    args: after.map(String),
    flags: givenFlags(argv),
    environment: process.env,
    cwd: process.cwd(),
    color: wantsColor(process.stderr, process.env),
  };
}
