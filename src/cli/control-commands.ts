import type { Argv } from 'yargs';
import type { ControlCommand } from './command-names.js';
import type { CommandRow } from './command-row.js';
import { numberFirst, withJson, withTarget, withTargets } from './control-flags.js';

/** The commands that talk to a supervisor that runs, in the order of the help. */
export const CONTROL_COMMANDS: Readonly<Record<ControlCommand, CommandRow>> = {
  status: {
    places: '[supervisor]',
    doc: 'show a running supervisor and its workers',
    flags: (sub) => withJson(withTarget(sub)).option('watch', { type: 'boolean', describe: 'again each second' }),
    run: async (_, argv) => (await import('./status-command.js')).status(argv),
  },
  describe: {
    places: '<slot> [supervisor]',
    doc: 'show one worker, or a supervisor by its name',
    flags: (sub) => withJson(withTarget(slot(sub, 'its slot, or the name'))),
    run: async (_, argv) => (await import('./status-command.js')).describe(numberFirst(argv, 'slot')),
  },
  list: {
    places: '[supervisor]',
    doc: 'list all supervisors of this user',
    flags: (sub) => withJson(withTarget(sub)).option('watch', { type: 'boolean', describe: 'again each second' }),
    run: async (_, argv) => (await import('./list-command.js')).list(argv),
  },
  logs: {
    places: '[supervisor..]',
    doc: 'show the last lines of the supervisor and its workers; of all that run when none is named',
    flags: (sub) =>
      withJson(withTargets(sub))
        .option('follow', { alias: 'f', type: 'boolean', describe: 'and those that come' })
        .option('lines', { type: 'string', requiresArg: true, describe: '<N> only the last N' })
        .option('out', { type: 'boolean', describe: 'only what workers wrote to stdout' })
        .option('err', { type: 'boolean', describe: 'only what workers wrote to stderr' })
        .option('reopen', { type: 'boolean', describe: 'open the log file anew, after a rotation by others' })
        .option('worker', { type: 'string', requiresArg: true, describe: '<slot> only of this one' })
        .option('since', { type: 'string', requiresArg: true, describe: '<when> such as 5m, or a date' }),
    run: async (_, argv) => (await import('./logs-command.js')).logs(argv),
  },
  reload: {
    places: '[supervisor..]',
    doc: 'read the configuration anew and replace all workers without losing a request',
    flags: (sub) =>
      withJson(withTargets(sub)).option('dry-run', { type: 'boolean', describe: 'only print what would change' }),
    run: async (_, argv) => (await import('./reload-command.js')).reload(argv),
  },
  restart: {
    places: '[slot] [supervisor..]',
    doc: 'replace one worker, or one after the other, with the same configuration',
    flags: (sub) => withJson(withTargets(slot(sub, 'only the one in this slot'))),
    run: async (_, argv) => (await import('./reload-command.js')).restart(numberFirst(argv, 'slot', true)),
  },
  scale: {
    places: '<workers> [supervisor]',
    doc: 'change the number of workers',
    flags: (sub) => withTarget(sub.positional('workers', { type: 'string', describe: 'N, +N or -N' })),
    run: async (_, argv) => (await import('./order-commands.js')).scale(numberFirst(argv, 'workers')),
  },
  stop: {
    places: '[supervisor..]',
    doc: 'drain and stop all workers, then the supervisor',
    flags: (sub) =>
      withTargets(sub).option('force', { type: 'boolean', describe: 'without the drain, with a short flush' }),
    run: async (_, argv) => (await import('./order-commands.js')).stop(argv),
  },
  signal: {
    places: '<signal> [supervisor]',
    doc: 'send a signal to the workers',
    flags: (sub) =>
      withTarget(sub.positional('signal', { type: 'string', describe: 'such as USR2' })).option('worker', {
        type: 'string',
        requiresArg: true,
        describe: '<slot> only this one',
      }),
    run: async (_, argv) => (await import('./order-commands.js')).signal(argv),
  },
};

function slot(sub: Argv, describe: string): Argv {
  return sub.positional('slot', { type: 'string', describe });
}
