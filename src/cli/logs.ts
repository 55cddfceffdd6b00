import { parseDuration } from '../config/durations.js';
import type { LogLine } from '../control/protocol.js';
import { KfError } from '../errors.js';
import { type Argument, remote } from './control.js';
import { slotOf } from './control-flags.js';

/** `kf-cluster logs [-f] [--worker N] [--since WHEN]`: the last lines, and those that come. */
export async function logs(argv: Argument): Promise<number> {
  const query = new URLSearchParams();
  if (argv.follow === true) query.set('follow', 'true');
  if (argv.worker !== undefined) query.set('worker', String(slotOf(argv.worker)));
  if (argv.since !== undefined) query.set('since', String(whenOf(String(argv.since))));
  const supervisor = await remote(argv);
  // Whoever read our output has gone (`| head`).
  process.stdout.once('error', () => process.exit(0));
  await supervisor.call<void>({
    path: `/v1/logs?${query}`,
    onLine: (raw) =>
      void process.stdout.write(argv.json === true ? `${JSON.stringify(raw)}\n` : render(raw as LogLine)),
  });
  return 0;
}

/** A line that says itself who speaks gets no second label. */
function render({ slot, text }: LogLine): string {
  return slot === undefined || /^\[kf-cluster|^\{"time"/.test(text) ? `${text}\n` : `${slot} | ${text}\n`;
}

/** Wall-clock milliseconds of `5m` (ago) or of a date. */
function whenOf(text: string): number {
  const ago = parseDuration(text);
  const when = ago === undefined ? Date.parse(text) : Date.now() - ago;
  if (Number.isFinite(when)) return when;
  throw new KfError('BAD_FLAG', `--since is ${JSON.stringify(text)}`, 'expected a duration such as 5m, or a date', {
    fix: 'See kf-cluster logs --help',
  });
}
