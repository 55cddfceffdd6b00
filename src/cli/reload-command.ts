import type { Change, ControlPath, ProgressLine } from '../contract/control-protocol.js';
import { toError } from '../control/client.js';
import { slotOf } from './control-flags.js';
import { print } from './print.js';
import { createProgress } from './progress-line.js';
import type { Argument, Remote } from './remote.js';
import { screenOf } from './screen.js';
import { targets, withEach } from './targets.js';

/** `kf-cluster reload [name..|all|file]`: 0 when the new generation serves. */
export async function reload(argv: Argument): Promise<number> {
  const all = await targets(argv);
  return withEach(all, (supervisor) => {
    if (argv['dry-run'] === true) return dryRun(supervisor, argv.json === true);
    return reloadOne(supervisor, argv.json === true, all.length > 1);
  });
}

/** @param named whether it is said which one */
export function reloadOne(supervisor: Remote, json: boolean, named: boolean): Promise<number> {
  const what = named ? `reload of ${supervisor.identity.name}` : 'reload';
  return follow(supervisor, '/v1/reload', undefined, json, what);
}

/** `kf-cluster restart [slot]`: replaces one worker, or one after the other, of the same generation. */
export async function restart(argv: Argument): Promise<number> {
  const body = argv.slot === undefined ? {} : { slot: slotOf(argv.slot) };
  const all = await targets(argv);
  const whatOf = ({ identity }: Remote) => (all.length > 1 ? `restart of ${identity.name}` : 'restart');
  return withEach(all, (supervisor) => follow(supervisor, '/v1/restart', body, argv.json === true, whatOf(supervisor)));
}

async function follow(
  supervisor: Remote,
  path: ControlPath,
  body: unknown,
  json: boolean,
  what: string,
): Promise<number> {
  const progress = createProgress(what, process.stdout, screenOf(process.stdout, process.env));
  let last: ProgressLine | undefined;
  // It may take long until the first step: a config file and hooks are read before.
  await supervisor.call<void, ProgressLine>({
    method: 'POST',
    path,
    body,
    patience: 60_000,
    onLine: (raw) => {
      last = raw;
      if (json) process.stdout.write(`${JSON.stringify(last)}\n`);
      else progress.take(last);
    },
  });
  if (last?.type === 'done') return 0;
  const { KfError } = await import('../contract/errors.js');
  if (last?.type !== 'failed') {
    throw new KfError('UNREACHABLE', `the ${what} has no outcome`, 'the supervisor ended before it could answer');
  }
  if (last.lastWords) process.stderr.write(`${last.lastWords}\n`);
  throw toError(last.error);
}

async function dryRun(supervisor: Remote, json: boolean): Promise<number> {
  const path = '/v1/reload?dry-run=true';
  const { changes } = await supervisor.call<{ changes: Change[] }>({ method: 'POST', path, patience: 60_000 });
  if (json) await print(`${JSON.stringify({ changes })}\n`);
  else await print(changes.length === 0 ? 'no option or variable changes\n' : changes.map(renderChange).join(''));
  return 0;
}

function renderChange({ name, from, to, applies }: Change): string {
  const note = applies ? '' : '  (with the next start)';
  return `${name}: ${from ?? 'unset'} -> ${to ?? 'unset'}${note}\n`;
}
