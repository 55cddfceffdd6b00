import { isKeyOf } from '../contract/table-keys.js';

const UNITS = { '': 1, k: 1_024, m: 1_024 ** 2, g: 1_024 ** 3 } as const;
/** The least number of bytes that is taken without a unit. */
const LEAST_BARE = 1_000_000;

/** What a size looks like, for messages and docs. */
export const SIZE_FORM = 'a size with its unit, such as 512MB or 1.5GB (a number alone is bytes, 1000000 or more)';

/**
 * Bytes of `512MB`, `1.5G`, `200k`; units are powers of 1024. A number without a unit is bytes, and refused where it is so small
 * that megabytes must have been meant. Undefined when the text is no size, or is nothing.
 */
export function parseSize(raw: string | number): number | undefined {
  // In lower case, not by /i: for that V8 takes ICU's tables of cases into the primary's memory.
  const text = String(raw).trim().toLowerCase();
  const [whole, number, unit = ''] = /^(\d+(?:\.\d+)?)\s*([kmg]?)b?$/.exec(text) ?? [];
  if (number === undefined || !isKeyOf(UNITS, unit)) return undefined;
  const bytes = Math.round(Number(number) * UNITS[unit]);
  if (whole === number && bytes < LEAST_BARE) return undefined;
  return bytes > 0 && Number.isSafeInteger(bytes) ? bytes : undefined;
}

/** The shortest exact form: 52428800 is `50MB`. */
export function formatSize(bytes: number): string {
  for (const unit of ['g', 'm', 'k'] as const) {
    const size = UNITS[unit];
    if (bytes >= size && bytes % size === 0) return `${bytes / size}${unit.toUpperCase()}B`;
  }
  return `${bytes}B`;
}

/** What a size without a unit may have meant, as it is to be typed; undefined for what is nothing of the kind. */
export function sizeMeant(raw: string): string | undefined {
  const meant = `${raw}MB`;
  return parseSize(meant) === undefined ? undefined : meant;
}

/** The same for a share. */
export function shareMeant(raw: string): string | undefined {
  const meant = `${raw}%`;
  return parsePercent(meant) === undefined ? undefined : meant;
}

/** 0..1 of `10%`, or of the number 10. A text without the sign is refused: to others it is a number of requests. */
export function parsePercent(raw: string | number): number | undefined {
  const match = /^(\d+(?:\.\d+)?)(%?)$/.exec(String(raw).trim());
  if (typeof raw === 'string' && match?.[2] === '' && Number(match[1]) !== 0) return undefined;
  const share = match ? Number(match[1]) / 100 : Number.NaN;
  return share <= 1 ? share : undefined;
}
