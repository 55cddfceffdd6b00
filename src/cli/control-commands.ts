import type { Argv } from 'yargs';
import { type Argument, numberFirst, withJson, withTarget, withTargets } from './control-flags.js';

type Handle = (run: (argv: Argument) => Promise<number>) => (argv: Record<string, unknown>) => Promise<void>;

/** The commands that talk to a supervisor that runs. Their modules are loaded when they run. */
export function declareControl(yargs: Argv, handle: Handle): Argv {
  return declareOrders(declareViews(yargs, handle), handle);
}

function declareViews(yargs: Argv, handle: Handle): Argv {
  return yargs
    .command(
      'status [supervisor]',
      'show a running supervisor and its workers',
      (sub) => withJson(withTarget(sub)).option('watch', { type: 'boolean', describe: 'again each second' }),
      handle(async (argv) => (await import('./status-command.js')).status(argv)),
    )
    .command(
      'describe <slot> [supervisor]',
      'show one worker, or a supervisor by its name',
      (sub) => withJson(withTarget(slot(sub, 'its slot, or the name'))),
      handle(async (argv) => (await import('./status-command.js')).describe(numberFirst(argv, 'slot'))),
    )
    .command(
      ['list [supervisor]', 'ls', 'ps'],
      'list all supervisors of this user',
      (sub) => withJson(withTarget(sub)).option('watch', { type: 'boolean', describe: 'again each second' }),
      handle(async (argv) => (await import('./list-command.js')).list(argv)),
    )
    .command(
      'logs [supervisor]',
      'show the last lines of the supervisor and its workers',
      (sub) =>
        withJson(withTarget(sub))
          .option('follow', { alias: 'f', type: 'boolean', describe: 'and those that come' })
          .option('lines', { type: 'string', requiresArg: true, describe: '<N> only the last N' })
          .option('reopen', { type: 'boolean', describe: 'open the log file anew, after a rotation by others' })
          .option('worker', { type: 'string', requiresArg: true, describe: '<slot> only of this one' })
          .option('since', { type: 'string', requiresArg: true, describe: '<when> such as 5m, or a date' }),
      handle(async (argv) => (await import('./logs-command.js')).logs(argv)),
    );
}

function declareOrders(yargs: Argv, handle: Handle): Argv {
  return yargs
    .command(
      'reload [supervisor..]',
      'read the configuration anew and replace all workers without losing a request',
      (sub) =>
        withJson(withTargets(sub)).option('dry-run', { type: 'boolean', describe: 'only print what would change' }),
      handle(async (argv) => (await import('./reload-command.js')).reload(argv)),
    )
    .command(
      'restart [slot] [supervisor..]',
      'replace one worker, or one after the other, with the same configuration',
      (sub) => withJson(withTargets(slot(sub, 'only the one in this slot'))),
      handle(async (argv) => (await import('./reload-command.js')).restart(numberFirst(argv, 'slot', true))),
    )
    .command(
      'scale <workers> [supervisor]',
      'change the number of workers',
      (sub) => withTarget(sub.positional('workers', { type: 'string', describe: 'N, +N or -N' })),
      handle(async (argv) => (await import('./order-commands.js')).scale(numberFirst(argv, 'workers'))),
    )
    .command(
      'stop [supervisor..]',
      'drain and stop all workers, then the supervisor',
      (sub) => withTargets(sub).option('force', { type: 'boolean', describe: 'without the drain, with a short flush' }),
      handle(async (argv) => (await import('./order-commands.js')).stop(argv)),
    )
    .command(
      'signal <signal> [supervisor]',
      'send a signal to the workers',
      (sub) =>
        withTarget(sub.positional('signal', { type: 'string', describe: 'such as USR2' })).option('worker', {
          type: 'string',
          requiresArg: true,
          describe: '<slot> only this one',
        }),
      handle(async (argv) => (await import('./order-commands.js')).signal(argv)),
    );
}

function slot(sub: Argv, describe: string): Argv {
  return sub.positional('slot', { type: 'string', describe });
}
