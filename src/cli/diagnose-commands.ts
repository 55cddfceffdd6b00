import type { DiagnosisCommand } from './command-names.js';
import type { CommandRow, Examples } from './command-row.js';

const OUTPUT = { type: 'boolean', group: 'Output:' } as const;

const FILE = { type: 'string', requiresArg: true, group: 'Output:' } as const;

const DOCTOR_EXAMPLES: Examples = [
  ['$0 doctor app.js', 'what start would run with'],
  ['$0 doctor app.js --offline --strict', 'for CI'],
];
const INSTRUMENT_EXAMPLES: Examples = [
  ['$0 instrument app.js --service-name shop', 'as opentelemetry-instrument does'],
];
const SMOKE_EXAMPLES: Examples = [
  ['$0 smoke app.js', 'with what start would send with'],
  ['$0 smoke --url http://localhost:3000/', 'a request to the supervisor that runs'],
];
const MCP_EXAMPLES: Examples = [
  ['claude mcp add kf-cluster -- npx kf-cluster mcp', 'for Claude Code; docs/DEV.md has the others'],
];
const REPORT_EXAMPLES: Examples = [['$0 report app.js', 'kf-cluster-report.tar.gz, to be sent']];

/** The commands that set an app up and find out what is wrong with it, in the order of the help. */
export const DIAGNOSIS_COMMANDS: Readonly<Record<DiagnosisCommand, CommandRow>> = {
  mcp: {
    places: '[file]',
    doc: 'answer an AI assistant (Model Context Protocol, stdin and stdout) from a run of dev, or a recorded session',
    flags: (sub) =>
      sub
        .positional('file', { type: 'string', describe: 'a session that dev --record has written as OTLP' })
        .option('app', { ...FILE, describe: '<name> of the app, where several run (default: the last one)' })
        .example(MCP_EXAMPLES.map(([command, what]) => [command, what])),
    run: async (_, argv) => (await import('#bundle/mcp')).mcp(argv),
  },
  doctor: {
    places: '[script]',
    doc: 'examine the set-up of an app, and say what is wrong, why, and what to do',
    flags: (sub, { withScript }) =>
      withScript(sub, DOCTOR_EXAMPLES)
        .option('json', { ...OUTPUT, describe: 'as JSON' })
        .option('strict', { ...OUTPUT, describe: 'exit code 1 for a warning too' })
        .option('offline', { ...OUTPUT, describe: 'ask nobody: no request, no name is looked up' })
        .option('live', { ...FILE, describe: '<name> of a running supervisor, instead of a set-up' })
        .option('seconds', { ...FILE, describe: '<0-120> how long spans are looked at with --live (default: 10)' })
        .option('collector-config', { ...FILE, describe: '<file> of an OpenTelemetry Collector, examined too' }),
    run: async (invocation, argv) => (await import('#bundle/doctor')).doctor(invocation, argv),
  },
  bootstrap: {
    doc: 'list the instrumentations for what the app depends on, or install them',
    flags: (sub) =>
      sub
        .option('action', { ...FILE, alias: 'a', describe: '<requirements|install> (default: requirements)' })
        .option('dry-run', { ...OUTPUT, describe: 'only print the command' })
        .option('json', { ...OUTPUT, describe: 'as JSON' }),
    run: async (invocation, argv) => (await import('#bundle/bootstrap')).bootstrap(invocation, argv),
  },
  instrument: {
    places: '[script]',
    doc: 'run an app as one process with telemetry, without a supervisor',
    flags: (sub, { withScript }) => withScript(sub, INSTRUMENT_EXAMPLES),
    run: async (invocation) => (await import('#bundle/instrument')).instrument(invocation),
  },
  smoke: {
    places: '[script]',
    doc: 'send one span to the collector; 0 only when it is acknowledged',
    flags: (sub, { withScript }) =>
      withScript(sub, SMOKE_EXAMPLES).option('url', {
        ...FILE,
        describe: '<url> of a running app: send a request there, and follow its trace through the workers of --name',
      }),
    run: async (invocation, argv) => (await import('#bundle/smoke')).smoke(invocation, argv),
  },
  report: {
    places: '[script]',
    doc: 'write an archive for a support request, with no secret in it',
    flags: (sub, { withScript }) =>
      withScript(sub, REPORT_EXAMPLES)
        .option('out', { ...FILE, describe: '<file> (default: kf-cluster-report.tar.gz)' })
        .option('offline', { ...OUTPUT, describe: 'ask no collector' })
        .option('logs', { ...OUTPUT, describe: '(--no-logs) without what the running supervisor says' }),
    run: async (invocation, argv) => (await import('#bundle/report')).report(invocation, argv),
  },
};
