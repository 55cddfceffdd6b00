import type { Argv } from 'yargs';
import type { Examples, Handle } from './commands.js';

interface Parts {
  /** Adds the script and every option of a start. */
  withScript(sub: Argv, examples: Examples): Argv;
  readonly handle: Handle;
}

/** The commands that set an app up and find out what is wrong with it. Their modules are loaded when they run. */
export function declareDiagnosis(yargs: Argv, { withScript, handle }: Parts): Argv {
  return yargs.command(
    'doctor [script]',
    'examine the set-up of an app, and say what is wrong, why, and what to do',
    (sub) =>
      withScript(sub, DOCTOR_EXAMPLES)
        .option('json', { ...OUTPUT, describe: 'as JSON' })
        .option('strict', { ...OUTPUT, describe: 'exit code 1 for a warning too' })
        .option('offline', { ...OUTPUT, describe: 'ask nobody: no request, no name is looked up' })
        .option('collector-config', { ...FILE, describe: '<file> of an OpenTelemetry Collector, examined too' }),
    handle(async (invocation, argv) => (await import('#bundle/doctor')).doctor(invocation, argv)),
  );
}

const OUTPUT = { type: 'boolean', group: 'Output:' } as const;

const FILE = { type: 'string', requiresArg: true, group: 'Output:' } as const;

const DOCTOR_EXAMPLES: Examples = [
  ['$0 doctor app.js', 'what start would run with'],
  ['$0 doctor app.js --offline --strict', 'for CI'],
];
