import yargs, { type Argv } from 'yargs';
import { EXIT } from '../contract/errors.js';
import { fromPm2 } from '../platforms/pm2/translate.js';
import { declareControl } from './control-commands.js';
import { DEV_FLAGS } from './dev-flags.js';
import { declareDiagnosis } from './diagnose-commands.js';
import type { EcosystemFlags } from './ecosystem-flags.js';
import { declareFlags, normalizeArgv, usageError, withValues } from './flags.js';
import { type Invocation, invocationOf } from './invocation.js';
import { version } from './version.js';

/** Reads the command line with yargs and runs its command; resolves to the exit code. */
export async function runCommand(given: readonly string[]): Promise<number> {
  if (given[0] === 'complete') return completeLine(given.slice(given[1] === '--' ? 2 : 1));
  const args = withValues(normalizeArgv(fromPm2(given)));
  let code: number = EXIT.ok;
  await cli(args, (command) => async (argv) => {
    code = await command(invocationOf(argv), argv);
  }).parseAsync();
  return code;
}

/** What the completion scripts call with the words so far. */
async function completeLine(words: readonly string[]): Promise<number> {
  const commands = commandsOfHelp().map(({ usage }) => usage.split(' ')[0] ?? '');
  return (await import('./completion-command.js')).completeWords(words, { commands, flags: flagsOfHelp });
}

/** Every command as the help lists it, without our own name in front. */
export function commandsOfHelp(): readonly { readonly usage: string; readonly doc: string }[] {
  const all = cli(['--help'], () => async () => undefined) as Argv & InsideYargs;
  const listed = all.getInternalMethods().getUsageInstance().getCommands();
  return listed.map(([usage, doc]) => ({ usage, doc }));
}

/** Every flag that the help of a command names. */
async function flagsOfHelp(command: string): Promise<readonly string[]> {
  const text = await cli([command], () => async () => undefined, true).getHelp();
  return [...text.matchAll(/^ +(?:-\w, )?(--[a-z-]+)|\((--no-[a-z-]+)\)/gm)].map(([, flag, off]) => flag ?? off ?? '');
}

/** Not in its types. */
interface InsideYargs {
  getInternalMethods(): { getUsageInstance(): { getCommands(): readonly [usage: string, doc: string][] } };
}

type Command = (invocation: Invocation, argv: Record<string, unknown>) => Promise<number>;
export type Handle = (command: Command) => (argv: Record<string, unknown>) => Promise<void>;

/** Commands are imported when they run: --version and --help need none of them. */
function cli(args: string[], handle: Handle, shown = isHelpAsked(args)): Argv {
  const withScript = scriptCommand(shown);
  const started = base(args, shown)
    .command(
      'start [script]',
      'run an app on several workers, in the foreground',
      (sub) => ecosystemFlags(withScript(sub, START_EXAMPLES)),
      handle(async (invocation, argv) => (await import('./start-command.js')).start(invocation, ecosystemOf(argv))),
    )
    .command(
      'start-or-reload [script]',
      "reload what runs of pm2's ecosystem file, and start the rest in the background",
      (sub) => ecosystemFlags(sub.positional('script', { type: 'string', describe: 'the file' })),
      handle(async (invocation, argv) =>
        (await import('./start-or-reload.js')).startOrReload(invocation, ecosystemOf(argv)),
      ),
    )
    .command(
      'dev [script]',
      'the same with an embedded OpenTelemetry receiver: prints each trace, and shows all on a page',
      (sub) => withScript(sub, DEV_EXAMPLES).options(DEV_FLAGS),
      handle(async (invocation, argv) => (await import('./dev-command.js')).runDev(invocation, argv)),
    )
    .command(
      'config [script]',
      'print every effective option, its value and where it came from',
      (sub) =>
        ecosystemFlags(withScript(sub, CONFIG_EXAMPLES)).option('json', {
          type: 'boolean',
          describe: 'as JSON',
          group: 'Output:',
        }),
      handle(async (invocation, argv) =>
        (await import('./config-command.js')).showConfig(invocation, ecosystemOf(argv), argv.json === true),
      ),
    )
    .command(
      'init <what> [script]',
      'write a file: pm2 (an ecosystem file for a script), systemd (a unit), docker (an image), kubernetes, collector, config (ours, from one of pm2)',
      (sub) =>
        withScript(sub.positional('what', { type: 'string' }), INIT_EXAMPLES).options({ from: FROM, target: TARGET }),
      handle(async (invocation, argv) => (await import('./init-command.js')).init(invocation, initOf(argv))),
    );
  // What `start` does not need is not even declared there.
  const all = isStart(args)
    ? started
    : declareDiagnosis(
        declareControl(withCompletion(started, handle), (run) => handle((_, argv) => run(argv))),
        { withScript, handle },
      );
  return all
    .demandCommand(1, 'no command given')
    .epilogue(
      'Exit codes: 0 stopped or done, 1 failure, 2 usage, 3 nothing runs, 4 unknown name, 69 unreachable, 70 crash loop, ' +
        '73 name or pidfile taken, 75 busy, 78 bad configuration, 130/143 forced.',
    );
}

function withCompletion(yargs: Argv, handle: Handle): Argv {
  return yargs.command(
    'completion [shell]',
    'print a completion script for bash, zsh or fish',
    (sub) => sub.positional('shell', { type: 'string', describe: 'by default the one that SHELL names' }),
    handle(async (_, { shell }) =>
      (await import('./completion-command.js')).completion(shell?.toString(), process.env),
    ),
  );
}

function initOf({ what, from, target }: Record<string, unknown>) {
  return { what: String(what), from: from?.toString(), target: target?.toString() };
}

/** What chooses among the apps of a pm2 ecosystem file. */
function ecosystemFlags(sub: Argv): Argv {
  const row = { type: 'string', requiresArg: true, group: 'Ecosystem file of pm2:' } as const;
  return sub
    .option('only', { ...row, describe: '<a,b> only these of its apps' })
    .option('env', { ...row, describe: "<name> with each app's env_<name>" })
    .option('strict', { type: 'boolean', group: row.group, describe: 'refuse fields that have no effect here' });
}

function ecosystemOf({ only, env, strict }: Record<string, unknown>): EcosystemFlags {
  return { only: only?.toString(), env: env?.toString(), strict: strict === true ? true : undefined };
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

export type Examples = ReadonlyArray<readonly [string, string]>;

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

const START_EXAMPLES: Examples = [
  ['$0 start app.js -w 4', 'four workers'],
  ['$0 start app.js -w max -- --port 8080', 'one worker a CPU; --port is for the app'],
  ['$0 start ecosystem.config.js --only api,web --env production', 'what pm2 would start'],
  ['$0 start app.ts --node-args="--import tsx"', 'TypeScript where Node cannot run it by itself'],
  ['$0 start app.js --service-name shop --exporter-otlp-endpoint http://collector:4317', 'spans to a collector'],
];
const DEV_EXAMPLES: Examples = [
  ['$0 dev app.js -w 4', 'four workers, their traces in this terminal and on a page'],
  ['$0 dev --listen-only', 'the page for whatever sends OTLP to ports 4317 and 4318'],
];
const FROM = {
  type: 'string',
  requiresArg: true,
  group: 'Files:',
  describe: '<file> an ecosystem file of pm2',
} as const;
const TARGET = {
  type: 'string',
  requiresArg: true,
  group: 'Files:',
  describe: '<agent|direct> where the pods of init kubernetes send to (default: agent)',
} as const;
const INIT_EXAMPLES: Examples = [
  ['$0 init pm2 app.js', 'ecosystem.config.cjs, by which pm2 runs kf-cluster'],
  ['$0 init systemd app.js -w 4', 'NAME.service, by which systemd runs it'],
  ['$0 init config --from ecosystem.config.js', 'kf-cluster.config.mjs'],
];
const CONFIG_EXAMPLES: Examples = [
  ['$0 config app.js -w 4', 'what start would run with'],
  ['$0 config --json', 'for scripts'],
];

function helpWidth(): number {
  return Math.min(110, process.stdout.columns ?? 100);
}
