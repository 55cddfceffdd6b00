import { isRecord } from '../contract/record-guard.js';
import { splitArgs } from './args.js';
import type { KindValues, Raw } from './kinds.js';

/** JSON text, or what a config file holds. */
export function parseSettings(raw: Raw): KindValues['settings'] | undefined {
  const value = typeof raw === 'string' ? jsonIn(raw) : raw;
  return isRecord(value) && areRecords(value) ? value : undefined;
}

function jsonIn(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined; // then it is none, which the caller says
  }
}

const areRecords = (all: Record<string, unknown>): all is Record<string, Record<string, unknown>> =>
  Object.values(all).every(isRecord);

export function isScalar(raw: Raw): raw is string | number {
  return typeof raw === 'string' || typeof raw === 'number';
}

export function wholeNumber(raw: Raw, least: number, most: number): number | undefined {
  if (!isScalar(raw) || !/^\d+$/.test(String(raw))) return undefined;
  const value = Number(raw);
  return value >= least && value <= most ? value : undefined;
}

/** A variable holds a list with commas; a repeated flag or an array is a list already. */
export function listOf(raw: Raw): string[] | undefined {
  const items =
    typeof raw === 'string'
      ? raw.split(',').map((item) => item.trim())
      : Array.isArray(raw)
        ? raw.map(String)
        : undefined;
  return items !== undefined && items.length > 0 && items.every((item) => item !== '') ? items : undefined;
}

/** None at all is an answer too. */
export function parseCodes(raw: Raw): number[] | undefined {
  if (raw === '' || (Array.isArray(raw) && raw.length === 0)) return [];
  const codes = listOf(typeof raw === 'number' ? String(raw) : raw)?.flatMap((text) => text.split(','));
  const numbers = codes?.map((text) => wholeNumber(text.trim(), 0, 255));
  return numbers?.every((code) => code !== undefined) ? numbers : undefined;
}

/** An array is taken as it is; a text is split, so that a flag can hold several arguments. */
export function parseArgs(raw: Raw): string[] | undefined {
  if (typeof raw === 'string') return splitArgs(raw);
  return Array.isArray(raw) ? raw.map(String) : undefined;
}

/** A file mode. */
export function parseOctal(raw: Raw): number | undefined {
  if (!isScalar(raw) || !/^(0o?)?[0-7]{1,3}$/.test(String(raw))) return undefined;
  return Number.parseInt(String(raw).replace(/^0o/, ''), 8);
}
