import { spawn } from 'node:child_process';
import { dirsOf } from '../config/project.js';
import { EXIT, KfError } from '../contract/errors.js';
import { visible } from '../contract/visible.js';
import { copiesOf, packageGraph } from '../diagnose/app/graph.js';
import { type Entry, type Plan, planFor } from '../diagnose/bootstrap/plan.js';
import { type Facts, gatherFacts } from '../diagnose/facts.js';
import type { Invocation } from './invocation.js';
import { print } from './print.js';

/** `kf-cluster bootstrap [-a install] [--dry-run]`: what would make the app's libraries visible, and installs it. */
export async function bootstrap(invocation: Invocation, argv: Readonly<Record<string, unknown>>): Promise<number> {
  const action = argv.action ?? 'requirements';
  if (action !== 'requirements' && action !== 'install') {
    throw new KfError('BAD_FLAG', `--action is ${JSON.stringify(action)}`, 'expected requirements or install');
  }
  const facts = await gatherFacts({ ...invocation, script: undefined });
  const plan = planFor(facts, facts.loaded ? dirsOf(facts.loaded.project) : []);
  await print(argv.json === true ? `${JSON.stringify(plan, undefined, 2)}\n` : render(plan));
  if (action !== 'install' || argv['dry-run'] === true || plan.command === undefined) return EXIT.ok;
  return install(plan.command, facts);
}

function render({ entries, command }: Plan): string {
  if (entries.length === 0) return 'no direct dependency is known to need an instrumentation\n';
  const lines = entries.map(renderEntry);
  const next = command === undefined ? 'nothing to install' : `next: ${command.join(' ')}`;
  return `${lines.join('')}\n${next}\n`;
}

function renderEntry({ library, version, advice }: Entry): string {
  const head = (what: string, text: string) =>
    `${what.padEnd(12)}${visible(`${library} ${version}`)}: ${visible(text)}\n`;
  switch (advice.type) {
    case 'add':
      return head('add', `${advice.package} ${advice.version}`);
    case 'there':
      return head('there', advice.package);
    case 'range':
      return head('unsupported', `${advice.package} is for ${advice.ranges.join(' || ')}`);
    case 'code':
      return head('code', `${advice.package} ${advice.version}: ${advice.why}`) + indent(advice.code);
    case 'nothing-needed':
      return head('built in', advice.why);
    case 'nothing-exists':
      return head('nothing', advice.why);
  }
}

function indent(code: string): string {
  return code
    .split('\n')
    .map((line) => `    ${line}\n`)
    .join('');
}

/** @throws KfError APP_FAILED when a library of the app has another version afterwards */
async function install([command = '', ...args]: readonly string[], facts: Facts): Promise<number> {
  const code = await new Promise<number>((resolve, reject) => {
    const child = spawn(command, args, { cwd: facts.dir, stdio: ['ignore', 2, 2] });
    child.once('error', (error) =>
      reject(
        new KfError('SYSTEM', `${command} cannot be started`, error.message, {
          fix: `Install ${command}.`,
          cause: error,
        }),
      ),
    );
    child.once('exit', (status) => resolve(status ?? EXIT.failure));
  });
  if (code !== 0) return EXIT.failure;
  const names = Object.keys(facts.manifest.dependencies);
  const after = packageGraph([facts.dir], names);
  const changed = names.filter((name) => copiesOf(after, name)[0]?.version !== copiesOf(facts.graph, name)[0]?.version);
  if (changed.length === 0) return EXIT.ok;
  throw new KfError(
    'APP_FAILED',
    `${command} has changed ${changed.join(', ')}`,
    'bootstrap changes no library of the app',
    {
      fix: 'Restore package.json and the lockfile, and install with fixed versions.',
    },
  );
}
