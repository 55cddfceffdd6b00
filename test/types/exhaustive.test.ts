import { execFile } from 'node:child_process';
import { cp, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import test, { type ExecutionContext } from 'ava';

const run = promisify(execFile);
const ROOT = fileURLToPath(new URL('../../../', import.meta.url));
const TSC = join(createRequire(import.meta.url).resolve('typescript/package.json'), '../bin/tsc');

/** A variant more of one union, and the files that the compiler has to name for it. */
interface Mutant {
  /** Unique, as it stands in the compiler's message. */
  readonly name: string;
  readonly file: string;
  readonly before: string;
  readonly after: string;
  readonly named: readonly string[];
}

const CORE = 'src/core/types.ts';
const MESSAGES = 'src/contract/messages.ts';
const REASONS = 'src/contract/exit-reasons.ts';

const NEW_CARRIER = "'new-carrier': { port: 1, hasPaths: true, other: 'grpc' },";

/** Adds a variant to a union of objects. */
const tagged = (name: string, file: string, union: string, named: readonly string[]) =>
  added(name, `{ readonly type: '${name}' }`, file, union, named);
/** Adds a word to a union of words. */
const word = (name: string, file: string, union: string, named: readonly string[]) =>
  added(name, `'${name}'`, file, union, named);

function added(name: string, variant: string, file: string, union: string, named: readonly string[]): Mutant {
  const before = `type ${union} =`;
  return { name, file, before, after: `${before} Old${union} | ${variant};\ntype Old${union} =`, named };
}

const MUTANTS: readonly Mutant[] = [
  tagged('new-event', CORE, 'Event', ['src/core/decide.ts']),
  tagged('new-effect', CORE, 'Effect', ['src/supervisor/perform.ts']),
  tagged('new-notification', 'src/core/notifications.ts', 'Notification', [
    'src/supervisor/log-notifications.ts',
    'src/control/reload-progress.ts',
    'src/control/counters.ts',
  ]),
  word('new-cluster-phase', 'src/contract/phases.ts', 'ClusterPhase', [
    'src/core/cluster-phase.ts',
    'src/control/health.ts',
  ]),
  word('new-stage', 'src/core/reload-table.ts', 'ReloadStage', ['src/core/reload-table.ts']),
  word('new-timer', CORE, 'TimerKind', ['src/core/lifecycle.ts']),
  word('new-outcome', 'src/core/exit-outcome.ts', 'Outcome', ['src/core/member-exit.ts']),
  word('new-stop-reason', REASONS, 'StopReason', ['src/contract/exit-reasons.ts']),
  word('new-exit-reason', REASONS, 'ExitReason', ['src/contract/exit-reasons.ts']),
  {
    name: 'new-drop-cause',
    file: 'src/contract/item-account.ts',
    before: "  non_retryable: '",
    after: "  'new-drop-cause': '',\n  non_retryable: '",
    named: ['src/contract/item-account.ts', 'src/diagnose/lints/drops.ts'],
  },
  tagged('new-worker-message', MESSAGES, 'WorkerMessage', [
    'src/contract/message-check.ts',
    'src/supervisor/worker-messages.ts',
    'src/platforms/pm2/preload/pm2-host.ts',
  ]),
  tagged('new-primary-message', MESSAGES, 'PrimaryMessage', ['src/worker/boot/primary-messages.ts']),
  word('new-recycle-cause', MESSAGES, 'RecycleCause', ['src/contract/message-check.ts']),
  word('new-ready-sign', MESSAGES, 'ReadySign', ['src/contract/message-check.ts']),
  tagged('new-move-event', 'src/core/moves.ts', 'MoveEvent', ['src/core/moves.ts']),
  tagged('new-move-effect', 'src/core/moves.ts', 'MoveEffect', ['src/supervisor/connection-moves.ts']),
  tagged('new-line', 'src/contract/control-protocol.ts', 'ProgressLine', ['src/cli/progress-line.ts']),
  word('new-verdict', 'src/telemetry/outbox/send/verdicts.ts', 'Verdict', ['src/telemetry/outbox/send/outcome.ts']),
  {
    name: 'newOnTheBoard',
    file: 'src/contract/connection-table.ts',
    before: 'interface Standing {',
    after: 'interface Standing {\n  readonly newOnTheBoard: number;',
    named: ['src/contract/connection-table.ts', 'src/worker/servers/hold-back.ts'],
  },
  {
    name: 'new_pm2_field',
    file: 'src/platforms/pm2/ecosystem/fields-life.ts',
    before: 'const LIFE_FIELDS = [',
    after:
      "const LIFE_FIELDS = [\n{ name: 'new_pm2_field', types: ['number'], treatment: 'mapped', ours: '--x', doc: '' },",
    named: ['src/platforms/pm2/ecosystem/fields-life.ts'],
  },
];

/** A row more of a table, or a field more of an interface, behind the text with which it begins. */
const rowOf = (name: string, file: string, begin: string, row: string, named: readonly string[]): Mutant => ({
  ...{ name, file, before: begin, after: `${begin}\n${row}`, named },
});

/** A row of the options table that points elsewhere, or parses to something else. */
function row(before: string, after: string, name: string, named: readonly string[]): Mutant {
  const file = name === 'captureLogs' ? 'telemetry' : 'delivery';
  return { name, file: `src/config/options-${file}.ts`, before, after, named };
}

/** Where the compiler names only one of two faults: these are tried by themselves. */
const APART: readonly Mutant[] = [
  {
    name: 'new-phase',
    file: 'src/contract/phases.ts',
    before: 'const PHASES = [',
    after: "const PHASES = ['new-phase', ",
    named: [
      'src/contract/phases.ts',
      'src/core/lifecycle.ts',
      'src/cli/render-status.ts',
      'src/dev/views/supervisor-log.ts',
    ],
  },
  row("field: 'captureLogs'", "field: 'captureLog'", 'captureLogs', ['src/telemetry/flush-process.ts']),
  row("field: 'delivery'", "field: 'journalPer'", 'delivery', [
    'src/supervisor/start-flush-process.ts',
    'src/supervisor/exit-bookkeeping.ts',
  ]),
];

/** Steps, commands and fields: what a new owner adds most. */
const STEPS: readonly Mutant[] = [
  rowOf('new-end-step', 'src/contract/worker-end.ts', 'const END_STEPS = {', "'new-end-step': within,", [
    'src/worker/exit/exit.ts',
  ]),
  rowOf('new-cluster-step', 'src/run/cluster-end.ts', 'const ENDS = [', "'new-cluster-step',", ['src/run/session.ts']),
  added('4', '4', 'src/core/notifications.ts', 'StopLevel', [
    'src/core/stop.ts',
    'src/supervisor/log-notifications.ts',
  ]),
  word('new-command', 'src/cli/command-names.ts', 'ControlCommand', [
    'src/cli/complete.ts',
    'src/cli/control-commands.ts',
  ]),
  rowOf('SIGPWR', 'src/contract/primary-signals.ts', 'const PRIMARY_SIGNALS = [', "'SIGPWR',", [
    'src/run/signals.ts',
    'src/platforms/pm2/launcher/launch.ts',
    'src/worker/exit/app-signals.ts',
  ]),
  rowOf('/v1/new-route', 'src/contract/control-protocol.ts', 'const CONTROL_ROUTES = [', "'GET /v1/new-route',", [
    'src/control/routes.ts',
  ]),
  rowOf('newOfAWorker', 'src/contract/status.ts', 'interface WorkerStatus {', 'readonly newOfAWorker: number;', [
    'src/supervisor/status-of.ts',
    'src/cli/render-worker.ts',
  ]),
  rowOf('newOfTheCluster', 'src/contract/status.ts', 'interface Status {', 'readonly newOfTheCluster: number;', [
    'src/supervisor/status-of.ts',
    'src/control/complete-status.ts',
  ]),
  rowOf('newFigure', MESSAGES, 'interface WorkerStats {', 'readonly newFigure: number;', [
    'src/contract/message-check.ts',
    'src/worker/worker-stats.ts',
  ]),
  rowOf('newMessageField', MESSAGES, "readonly type: 'flushed';", 'readonly newMessageField: number;', [
    'src/contract/message-check.ts',
    'src/worker/exit/exit-report.ts',
  ]),
  rowOf('onNewOfPrimary', 'hooks/types.ts', 'interface PrimaryHooks {', 'onNewOfPrimary?(): void;', [
    'hooks/types.ts',
    'src/supervisor/primary-hooks.ts',
  ]),
  rowOf('onNewOfWorker', 'hooks/types.ts', 'interface WorkerHooks {', 'onNewOfWorker?(): void;', [
    'hooks/types.ts',
    'hooks/runner.ts',
  ]),
  rowOf('new-carrier', 'src/contract/otlp-protocols.ts', 'const OTLP_CARRIERS = {', NEW_CARRIER, [
    'src/telemetry/outbox/send/transport.ts',
  ]),
  // Not among APART: the compiler names one wrong field of an object and no further one.
  row("kind: 'size',\n    default: '256MB'", "kind: 'text',\n    default: '256MB'", 'spoolMaxBytes', [
    'src/worker/boot/load-worker-hooks.ts',
  ]),
];

for (const [title, mutants] of [
  ['a variant more of a union does not compile until everybody who handles it does', MUTANTS],
  ['nor does a step, a command, a signal, a route, a hook or a field more, or an option of another kind', STEPS],
  ['nor does a phase more of a worker, or an option that lands in a wrong field', APART],
] as const) {
  test(title, async (t) => {
    const errors = await compile(t, mutants);
    for (const { name, named } of mutants) {
      const files = errors.filter(({ text }) => text.includes(name)).map(({ file }) => file);
      for (const file of named) t.true(files.includes(file), `${name}: the compiler names only ${files}, not ${file}`);
    }
  });
}

/** What the compiler says of a copy of the source with these changes. */
async function compile(t: ExecutionContext, mutants: readonly Mutant[]): Promise<Message[]> {
  const project = await mkdtemp(join(tmpdir(), 'kf-exhaustive-'));
  t.teardown(() => rm(project, { recursive: true }));
  for (const name of ['src', 'hooks', 'package.json'])
    await cp(join(ROOT, name), join(project, name), { recursive: true });
  await symlink(join(ROOT, 'node_modules'), join(project, 'node_modules'));
  const { compilerOptions } = JSON.parse(await readFile(join(ROOT, 'tsconfig.json'), 'utf8'));
  const tsconfig = { compilerOptions: { ...compilerOptions, noEmit: true }, include: ['src', 'hooks'] };
  await writeFile(join(project, 'tsconfig.json'), JSON.stringify(tsconfig));
  for (const { file, before, after } of mutants) {
    const text = await readFile(join(project, file), 'utf8');
    t.is(text.split(before).length, 2, `${file} has no single "${before}"`);
    await writeFile(join(project, file), text.replace(before, after));
  }
  const command = [TSC, '-p', project, '--pretty', 'false'];
  const { stdout } = await run(process.execPath, command, { cwd: project }).catch((error) => error);
  return messages(stdout);
}

interface Message {
  readonly file: string;
  readonly text: string;
}

/** Each begins with its file, and goes on over indented lines. */
function messages(stdout: string): Message[] {
  return stdout.split(/\n(?=\S)/).map((text) => ({ file: text.slice(0, text.indexOf('(')), text }));
}
