import { LONGEST_TIMER } from '../contract/longest-timer.js';
import { isKeyOf } from '../contract/table-keys.js';

const UNITS = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000 } as const;

/** What a duration looks like, for messages and docs. */
export const DURATION_FORM = 'a duration with its unit, such as 500ms, 5s, 2m or 1h';

export const BACKOFF_FORM = 'two durations as first..longest, such as 100ms..30s';

/**
 * Milliseconds of `500ms`, `5s`, `1.5m`, `1h`. What has no unit is refused unless it is 0, a number in code or in a config
 * file too: who writes 30 means seconds as often as milliseconds. Undefined when it is no duration or exceeds what a timer can
 * wait (about 24 days).
 */
export function parseDuration(raw: string | number): number | undefined {
  const [, number, unit = ''] = /^(\d+(?:\.\d+)?)\s*(ms|s|m|h)?$/.exec(String(raw).trim()) ?? [];
  if (number !== undefined && Number(number) === 0) return 0;
  if (number === undefined || !isKeyOf(UNITS, unit)) return undefined;
  const ms = Math.round(Number(number) * UNITS[unit]);
  return ms <= LONGEST_TIMER ? ms : undefined;
}

/** What a duration without a unit may have meant, as it is to be typed; undefined for what is nothing of the kind. */
export function durationMeant(raw: string): string | undefined {
  const meant = [`${raw}s`, `${raw}ms`].filter(parseDuration);
  return meant.length === 0 ? undefined : meant.join(' or ');
}

/** The shortest exact form: 90000 is `90s`, 120000 is `2m`. */
export function formatDuration(ms: number): string {
  for (const unit of ['h', 'm', 's'] as const) {
    const size = UNITS[unit];
    if (ms >= size && ms % size === 0) return `${ms / size}${unit}`;
  }
  return `${ms}ms`;
}

/** First and longest delay of a backoff. */
export interface BackoffRange {
  readonly initialMs: number;
  readonly maxMs: number;
}

/** `100ms..30s`; undefined when malformed or when the longest is below the first. */
export function parseBackoff(raw: string | number): BackoffRange | undefined {
  const [first, longest, ...rest] = String(raw).split('..');
  if (first === undefined || longest === undefined || rest.length > 0) return undefined;
  const initialMs = parseDuration(first);
  const maxMs = parseDuration(longest);
  if (initialMs === undefined || maxMs === undefined || maxMs < initialMs) return undefined;
  return { initialMs, maxMs };
}
