import { isKeyOf } from '../contract/table-keys.js';

const UNITS = { '': 1, k: 1_024, m: 1_024 ** 2, g: 1_024 ** 3 } as const;

/** What a size looks like, for messages and docs. */
export const SIZE_FORM = 'a size such as 512MB or 1.5GB (a number alone is bytes)';

/** Bytes of `512MB`, `1.5G`, `200k`; units are powers of 1024. Undefined when the text is no size, or is nothing. */
export function parseSize(raw: string | number): number | undefined {
  const [, number, letter = ''] = /^(\d+(?:\.\d+)?)\s*([kmg]?)b?$/i.exec(String(raw).trim()) ?? [];
  const unit = letter.toLowerCase();
  if (number === undefined || !isKeyOf(UNITS, unit)) return undefined;
  const bytes = Math.round(Number(number) * UNITS[unit]);
  return bytes > 0 && Number.isSafeInteger(bytes) ? bytes : undefined;
}

/** The shortest exact form: 52428800 is `50MB`. */
export function formatSize(bytes: number): string {
  for (const unit of ['g', 'm', 'k'] as const) {
    const size = UNITS[unit];
    if (bytes >= size && bytes % size === 0) return `${bytes / size}${unit.toUpperCase()}B`;
  }
  return String(bytes);
}

/** 0..1 of `10%`, or of the number 10. A text without the sign is refused: to others it is a number of requests. */
export function parsePercent(raw: string | number): number | undefined {
  const match = /^(\d+(?:\.\d+)?)(%?)$/.exec(String(raw).trim());
  if (typeof raw === 'string' && match?.[2] === '' && Number(match[1]) !== 0) return undefined;
  const share = match ? Number(match[1]) / 100 : Number.NaN;
  return share <= 1 ? share : undefined;
}
