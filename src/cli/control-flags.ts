import type { Argv } from 'yargs';
import { KfError } from '../contract/errors.js';

/** What yargs has read. */
export type Argument = Readonly<Record<string, unknown>>;

/** What says which supervisor is meant; the command takes `[supervisor]` last. */
export function withTarget(yargs: Argv, more: { array?: boolean; describe?: string } = {}): Argv {
  return yargs
    .positional('supervisor', { type: 'string', describe: 'its name, as --name', ...more })
    .option('name', { alias: 'n', type: 'string', requiresArg: true, describe: '<name> of the supervisor' })
    .option('pidfile', { type: 'string', requiresArg: true, describe: '<file> with its pid' });
}

/** The same for a command that can mean several; a file is an ecosystem file of pm2. */
export function withTargets(yargs: Argv): Argv {
  const file = { type: 'string', requiresArg: true, group: 'Ecosystem file of pm2:' } as const;
  return withTarget(yargs, { array: true, describe: 'names, all, or an ecosystem file' })
    .option('only', { ...file, describe: '<a,b> only these of its apps' })
    .option('env', { ...file, describe: '<name> with which they were started' });
}

export function withJson(yargs: Argv): Argv {
  return yargs.option('json', { type: 'boolean', describe: 'as JSON' });
}

/**
 * `4 shop`, or `shop 4` as pm2 has it: the number under its key, the name as the supervisor's. A name that looks like a
 * number has to be given with --name.
 *
 * @param alone whether a name may stand without a number
 */
export function numberFirst(argv: Argument, key: string, alone = false): Argument {
  const { [key]: first, supervisor } = argv;
  const names = [supervisor ?? []].flat();
  if (first === undefined || isNumber(first)) return argv;
  if (names.length === 1 && isNumber(names[0])) return { ...argv, [key]: names[0], supervisor: first };
  return alone ? { ...argv, [key]: undefined, supervisor: [first, ...names] } : argv;
}

/** @throws KfError BAD_FLAG */
export function slotOf(given: unknown): number {
  if (/^\d+$/.test(String(given))) return Number(given);
  const fix = 'kf-cluster status shows the slots.';
  throw new KfError('BAD_FLAG', `${JSON.stringify(given)} is no slot`, 'slots are numbered from 0', { fix });
}

function isNumber(given: unknown): boolean {
  return /^[+-]?\d+$/.test(String(given));
}
