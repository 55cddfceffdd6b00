import type { Argv } from 'yargs';
import type { AppCommand } from './command-names.js';
import type { CommandRow, Examples } from './command-row.js';
import { DEV_FLAGS } from './dev-flags.js';
import type { EcosystemFlags } from './ecosystem-flags.js';

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

/** The commands of an app, in the order of the help. */
export const APP_COMMANDS: Readonly<Record<AppCommand, CommandRow>> = {
  start: {
    places: '[script]',
    doc: 'run an app on several workers, in the foreground',
    flags: (sub, { withScript }) => ecosystemFlags(withScript(sub, START_EXAMPLES)),
    run: async (invocation, argv) => (await import('./start-command.js')).start(invocation, ecosystemOf(argv)),
  },
  'start-or-reload': {
    places: '[script]',
    doc: "reload what runs of pm2's ecosystem file, and start the rest in the background",
    flags: (sub) =>
      ecosystemFlags(sub.positional('script', { type: 'string', describe: 'the file' })).option('daemon', {
        type: 'boolean',
        describe: 'what it starts is in the background in any case',
      }),
    run: async (invocation, argv) =>
      (await import('./start-or-reload.js')).startOrReload(invocation, ecosystemOf(argv)),
  },
  dev: {
    places: '[script]',
    doc: 'the same with an embedded OpenTelemetry receiver: prints each trace, and shows all on a page',
    flags: (sub, { withScript }) => withScript(sub, DEV_EXAMPLES).options(DEV_FLAGS),
    run: async (invocation, argv) => (await import('./dev-command.js')).runDev(invocation, argv),
  },
  config: {
    places: '[script]',
    doc: 'print every effective option, its value and where it came from',
    flags: (sub, { withScript }) =>
      ecosystemFlags(withScript(sub, CONFIG_EXAMPLES)).option('json', {
        type: 'boolean',
        describe: 'as JSON',
        group: 'Output:',
      }),
    run: async (invocation, argv) =>
      (await import('./config-command.js')).showConfig(invocation, ecosystemOf(argv), argv.json === true),
  },
  init: {
    places: '<what> [script]',
    doc: 'write a file: pm2 (an ecosystem file for a script), systemd (a unit), docker (an image), kubernetes, collector, config (ours, from one of pm2)',
    flags: (sub, { withScript }) =>
      withScript(sub.positional('what', { type: 'string' }), INIT_EXAMPLES).options({ from: FROM, target: TARGET }),
    run: async (invocation, argv) => (await import('./init-command.js')).init(invocation, initOf(argv)),
  },
  completion: {
    places: '[shell]',
    doc: 'print a completion script for bash, zsh or fish',
    flags: (sub) => sub.positional('shell', { type: 'string', describe: 'by default the one that SHELL names' }),
    run: async (_, { shell }) => (await import('./completion-command.js')).completion(shell?.toString(), process.env),
  },
};

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
