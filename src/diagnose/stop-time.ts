import { parseDuration } from '../config/durations.js';
import { envNameOf } from '../config/option-row.js';
import { type OptionValues, ROWS } from '../config/options.js';
import { STOP_MARGIN } from '../contract/whole-stop.js';
import type { Workload } from './deployment/workload.js';

const PARTS = ['drain-delay', 'drain-timeout', 'flush-timeout'] as const;

interface StopTime {
  readonly parts: readonly (readonly [name: string, ms: number])[];
  readonly totalMs: number;
}

/**
 * How long a stop may take by its deadlines: the grace period of a platform has to be longer.
 *
 * @param workload says its own on its command line or in its variables
 */
export function stopTime(
  values: Pick<OptionValues, (typeof PARTS)[number]> | undefined,
  workload?: Pick<Workload, 'command' | 'env'>,
): StopTime {
  const parts = PARTS.map((name) => [name, saidBy(workload, name) ?? values?.[name] ?? defaultOf(name)] as const);
  return { parts: [...parts, ['margin', STOP_MARGIN]], totalMs: parts.reduce((sum, [, ms]) => sum + ms, STOP_MARGIN) };
}

/** What follows a flag on a command line, or stands in its variable. */
export function optionOf(
  workload: Pick<Workload, 'command' | 'env'>,
  name: string,
  alias?: string,
): string | undefined {
  const words = workload.command.flatMap((word) => word.split(/\s+/));
  const at = words.findIndex((word) => word === `--${name}` || (alias !== undefined && word === `-${alias}`));
  const inline = words.find((word) => word.startsWith(`--${name}=`))?.slice(name.length + 3);
  return inline ?? (at >= 0 ? words[at + 1] : undefined) ?? workload.env[envNameOf({ name })]?.value;
}

function saidBy(workload: Pick<Workload, 'command' | 'env'> | undefined, name: string): number | undefined {
  const text = workload && optionOf(workload, name);
  return text === undefined ? undefined : parseDuration(text);
}

function defaultOf(name: string): number {
  return parseDuration(ROWS.find((row) => row.name === name)?.default ?? '0') ?? 0;
}
