import { REPEATABLE, SWITCHES } from '../config/kinds.js';
import type { OptionRow } from '../config/option-row.js';
import { ROWS } from '../config/options.js';

/**
 * Reads a `start` that needs no help, as yargs would read it, without loading yargs: that costs a start 20 ms.
 *
 * @returns what yargs would return; undefined for anything out of the ordinary (another command, a flag that is not
 * in the table, a value that is missing), which yargs then reads, completes or explains
 */
export function readPlainStart(args: readonly string[]): Record<string, unknown> | undefined {
  if (args[0] !== 'start') return undefined;
  const read: Record<string, unknown> = {};
  for (let i = 1; i < args.length; i += 1) {
    const arg = args[i] ?? '';
    if (arg === '--') {
      read['--'] = args.slice(i + 1);
      break;
    }
    if (!arg.startsWith('-')) {
      if (read.script !== undefined || arg === '') return undefined;
      read.script = arg;
      continue;
    }
    const taken = readFlag(read, arg, args[i + 1]);
    if (taken === undefined) return undefined;
    i += taken;
  }
  return read.script === undefined ? undefined : read;
}

/** How many further arguments it took; undefined when it is none of ours, or has no plain value. */
function readFlag(read: Record<string, unknown>, arg: string, next: string | undefined): 0 | 1 | undefined {
  const [, name = '', inline] = /^--?([a-z-]+)(?:=(.*))?$/s.exec(arg) ?? [];
  const long = arg.startsWith('--');
  const row = ROWS.find((one: OptionRow) => (long ? one.name === name : one.alias === name));
  if (row?.kind === 'boolean-or-auto') return set(read, row, inline ?? true, 0);
  if (row?.kind === 'boolean') return inline === undefined ? set(read, row, true, 0) : undefined;
  if (row) {
    const value = inline ?? next;
    if (value === undefined || value === '' || (inline === undefined && value.startsWith('-'))) return undefined;
    if (!long && /\s/.test(value)) return undefined; // a pattern of cron, behind pm2's -c
    return set(read, row, value, inline === undefined ? 1 : 0);
  }
  const negated = ROWS.find((one) => long && inline === undefined && `no-${one.name}` === name);
  return negated && SWITCHES.has(negated.kind) ? set(read, negated, false, 0) : undefined;
}

function set<N extends 0 | 1>(read: Record<string, unknown>, row: OptionRow, value: string | boolean, taken: N): N {
  const before = read[row.name];
  if (!REPEATABLE.has(row.kind)) read[row.name] = value;
  else read[row.name] = [...(Array.isArray(before) ? before : []), value];
  return taken;
}
