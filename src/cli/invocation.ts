import type { LoadInput } from '../config/load.js';
import type { Config } from '../config/types.js';
import { createLog, type Log } from '../log.js';
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
  };
}

/** The log of this process: messages go to stderr, data never does. */
export function openLog(config: Pick<Config, 'logFormat' | 'logLevel'>): Log {
  return createLog({
    format: config.logFormat,
    level: config.logLevel,
    label: 'kf-cluster',
    color: wantsColor(process.stderr, process.env),
    sink: (line) => process.stderr.write(line),
  });
}
