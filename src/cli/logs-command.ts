import { parseDuration } from '../config/durations.js';
import type { LogLine } from '../contract/control-protocol.js';
import { KfError } from '../contract/errors.js';
import { localTime } from '../contract/local-time.js';
import { visible, visibleLine } from '../contract/visible.js';
import { slotOf } from './control-flags.js';
import { print } from './print.js';
import type { Argument, Remote } from './remote.js';
import { targets, targetsOrAll, withAll, withEach } from './targets.js';

/**
 * `kf-cluster logs [-f] [--lines N] [--worker N] [--since WHEN] [--out] [--err]`: the last lines, and those that come; or `--reopen`. Of several
 * supervisors one after the other, and with -f side by side.
 */
export async function logs(argv: Argument): Promise<number> {
  const query = new URLSearchParams();
  if (argv.follow === true) query.set('follow', 'true');
  if (argv.worker !== undefined) query.set('worker', String(slotOf(argv.worker)));
  if (argv.since !== undefined) query.set('since', String(whenOf(String(argv.since))));
  if (argv.lines !== undefined) query.set('lines', String(countOf(argv.lines)));
  if (argv.out !== argv.err) query.set('stream', argv.out === true ? 'stdout' : 'stderr');
  if (argv.reopen === true) return withEach(await targets(argv), (supervisor) => reopen(supervisor, argv));
  const all = await targetsOrAll(argv);
  const width = Math.max(...all.map(({ identity }) => identity.name.length));
  // Whoever read our output has gone (`| head`).
  process.stdout.once('error', () => process.exit(0));
  const show = async ({ identity: { name }, call }: Remote) => {
    const several = all.length > 1;
    const prefix = several ? `${visible(name).padEnd(width)} | ` : '';
    const lineOf = (raw: LogLine) =>
      argv.json === true
        ? `${JSON.stringify(several ? { supervisor: name, ...raw } : raw)}\n`
        : `${prefix}${render(raw)}`;
    await call<void, LogLine>({
      path: `/v1/logs?${query}`,
      onLine: (raw) => void process.stdout.write(lineOf(raw)),
    });
    return 0;
  };
  return argv.follow === true ? withAll(all, show) : withEach(all, show);
}

async function reopen(supervisor: Remote, { json }: Argument): Promise<number> {
  const { file } = await supervisor.call<{ file: string }>({ method: 'POST', path: '/v1/logs/reopen' });
  await print(json === true ? `${JSON.stringify({ file })}\n` : `${visible(file)} is opened anew\n`);
  return 0;
}

/** Who speaks is what the supervisor says, not what the line does. */
function render({ at, slot, stream, text }: LogLine): string {
  const label = stream === 'log' ? '' : `${slot ?? '-'} | `;
  const lines = text.replace(/\r$/, '').split('\n'); // only our own have several
  return `${localTime(at)} ${label}${lines.map(visibleLine).join('\n')}\n`;
}

function countOf(given: unknown): number {
  if (/^\d+$/.test(String(given))) return Number(given);
  throw new KfError('BAD_FLAG', `--lines is ${JSON.stringify(given)}`, 'expected a number of lines', {
    fix: 'See kf-cluster logs --help',
  });
}

/** Wall-clock milliseconds of `5m` (ago) or of a date. A number without a unit is neither: Date.parse takes 5 for May 2001. */
export function whenOf(text: string, now = Date.now()): number {
  const ago = parseDuration(text);
  const when = ago === undefined ? Date.parse(/^\s*\d{1,3}\s*$/.test(text) ? '' : text) : now - ago;
  if (when >= 0) return when;
  throw new KfError('BAD_FLAG', `--since is ${JSON.stringify(text)}`, 'expected a duration such as 5m, or a date', {
    fix: 'See kf-cluster logs --help',
  });
}
