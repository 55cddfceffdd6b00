import type { Argv } from 'yargs';

/** What yargs has read. */
export type Argument = Readonly<Record<string, unknown>>;

/** The flags that say which supervisor is meant. */
export function withTarget(yargs: Argv): Argv {
  return yargs
    .option('name', { alias: 'n', type: 'string', requiresArg: true, describe: '<name> of the supervisor' })
    .option('pidfile', { type: 'string', requiresArg: true, describe: '<file> with its pid' });
}

export function withJson(yargs: Argv): Argv {
  return yargs.option('json', { type: 'boolean', describe: 'as JSON' });
}
