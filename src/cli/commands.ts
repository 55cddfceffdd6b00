import yargs, { type Argv } from 'yargs';
import type { ManCommand } from '../config/man-page.js';
import { EXIT } from '../contract/errors.js';
import { fromPm2 } from '../platforms/pm2/translate.js';
import { APP_COMMANDS } from './app-commands.js';
import { declare, type Examples, type Handle, rowsOf, usageOf } from './command-row.js';
import { CONTROL_COMMANDS } from './control-commands.js';
import { DIAGNOSIS_COMMANDS } from './diagnose-commands.js';
import { declareFlags, normalizeArgv, withValues } from './flags.js';
import { invocationOf } from './invocation.js';
import { usageError, withoutApp } from './usage-error.js';
import { version } from './version.js';

/**
 * Reads the command line with yargs and runs its command; resolves to the exit code.
 *
 * @param onCommand it has one, and is not only help or a version
 */
export async function runCommand(given: readonly string[], onCommand: () => void = () => undefined): Promise<number> {
  if (given[0] === 'complete') return completeLine(given.slice(given[1] === '--' ? 2 : 1));
  const args = withValues(normalizeArgv(fromPm2(given)));
  let code: number = EXIT.ok;
  const parsed = cli(args, (command) => async (argv) => {
    onCommand();
    code = await command(invocationOf(argv), argv);
  }).parseAsync();
  await parsed.catch((error: unknown) => {
    throw withoutApp(error, args);
  });
  return code;
}

/** What the completion scripts call with the words so far. */
async function completeLine(words: readonly string[]): Promise<number> {
  const commands = commandsOfHelp().map(({ usage }) => usage.split(' ')[0] ?? '');
  return (await import('./completion-command.js')).completeWords(words, { commands, flags: flagsOfHelp });
}

const TABLES = [APP_COMMANDS, CONTROL_COMMANDS, DIAGNOSIS_COMMANDS];

/** Every command as the help lists it, without our own name in front. */
export function commandsOfHelp(): readonly { readonly usage: string; readonly doc: string }[] {
  return TABLES.flatMap((rows) => rowsOf(rows).map(([name, row]) => ({ usage: usageOf(name, row), doc: row.doc })));
}

/** The same with the flags that the help of each has, for the man page. */
export async function commandsWithFlags(): Promise<readonly ManCommand[]> {
  const withFlags = commandsOfHelp().map(async (command) => {
    const flags = await flagsOfHelp(command.usage.split(' ')[0] ?? '');
    return { ...command, flags };
  });
  return Promise.all(withFlags);
}

/** Every flag that the help of a command names. */
async function flagsOfHelp(command: string): Promise<readonly string[]> {
  const text = await cli([command], () => async () => undefined, true).getHelp();
  return [...text.matchAll(/^ +(?:-\w, )?(--[a-z-]+)|\((--no-[a-z-]+)\)/gm)].map(([, flag, off]) => flag ?? off ?? '');
}

/** What `start` does not need is not even declared there. */
function cli(args: string[], handle: Handle, shown = isHelpAsked(args)): Argv {
  const parts = { withScript: scriptCommand(shown) };
  const tables = isStart(args) ? [APP_COMMANDS] : TABLES;
  return tables
    .reduce((yargs, rows) => declare(yargs, rows, handle, parts), base(args, shown))
    .demandCommand(1, 'no command given')
    .epilogue(
      'Exit codes: 0 stopped or done, 1 failure, 2 usage, 3 nothing runs, 4 unknown name, 69 unreachable, 70 crash loop, ' +
        '73 name or pidfile taken, 75 busy, 78 bad configuration, 130/143 forced.',
    );
}

/** yargs must neither exit, nor translate (the messages are matched), nor turn texts into numbers. */
function base(args: string[], shown: boolean): Argv {
  const asked = yargs(args)
    .scriptName('kf-cluster')
    .exitProcess(false)
    .detectLocale(false)
    .parserConfiguration({
      'camel-case-expansion': false,
      'dot-notation': false,
      'parse-numbers': false,
      'parse-positional-numbers': false,
      'greedy-arrays': false,
      'populate--': true,
    })
    .strict()
    .fail((message: string | undefined, error: Error | undefined) => {
      // What yargs throws itself is about usage; the rest comes from a command.
      if (error && error.name !== 'YError') throw error;
      throw usageError(message ?? error?.message ?? '', args);
    });
  if (!shown) return asked.help(false).version(false).wrap(null);
  return asked.version(version()).help().alias('help', 'h').wrap(helpWidth());
}

function isStart(args: readonly string[]): boolean {
  return args[0] === 'start' && !isHelpAsked(args);
}

/** yargs renders a command's help each time it runs one: with nothing to show, that costs nothing. */
function scriptCommand(shown: boolean) {
  return (sub: Argv, examples: Examples): Argv => {
    const described = sub.positional('script', {
      type: 'string',
      describe: 'the app; its own arguments stand after --',
    });
    declareFlags(described, shown);
    return shown ? described.example(examples.map(([command, what]) => [command, what])) : described;
  };
}

/** What stands after `--` is the app's. */
function isHelpAsked(args: readonly string[]): boolean {
  const end = args.indexOf('--');
  const ours = end === -1 ? args : args.slice(0, end);
  return ours.some((arg) => /^(--help|--version|-[a-z]*h[a-z]*)$/.test(arg));
}

function helpWidth(): number {
  return Math.min(110, process.stdout.columns ?? 100);
}
