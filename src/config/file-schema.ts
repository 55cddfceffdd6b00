import * as z from 'zod';
import { KfError } from '../contract/errors.js';
import { isScalar } from './kind-parsers.js';
import { KINDS, type Kind, type Raw } from './kinds.js';
import { unknownKey } from './known-keys.js';
import { fileKeyOf, type OptionRow } from './option-row.js';
import { ROWS } from './options.js';

const rows = ROWS.filter((row) => row.file !== false);

/** Keys that are no options: the `env` map, and the schema reference that editors read. */
const schema = z.strictObject({
  $schema: z.string().optional(),
  env: z
    .record(z.string(), z.union([z.string(), z.number(), z.boolean()], 'expected a text').transform(String))
    .optional(),
  ...Object.fromEntries(rows.map((row) => [fileKeyOf(row), fieldOf(row).optional()])),
});

/**
 * The options of a config file.
 * @throws KfError CONFIG_INVALID with one clause for each wrong key: its path and what was expected.
 */
export function validateOptions(
  label: string,
  options: unknown,
): { env?: Record<string, string> } & Record<string, never> {
  const result = schema.safeParse(options);
  if (result.success) {
    const { $schema: _, ...rest } = result.data;
    return rest as ReturnType<typeof validateOptions>;
  }
  const problems = result.error.issues.flatMap(describe);
  throw new KfError(
    'CONFIG_INVALID',
    `${label}: ${problems.length === 1 ? 'a key is' : 'keys are'} wrong`,
    problems.join('; '),
  );
}

function fieldOf(row: OptionRow): z.ZodType {
  const kind: (typeof KINDS)[Kind] = KINDS[row.kind];
  const choices = row.choices ?? [];
  return z.custom<Raw>((raw) => isRaw(raw) && kind.parse(raw, { base: '/', choices }) !== undefined, {
    error: ({ input }) => `expected ${kind.expects(choices)}${meantBy(kind, input, choices)}`,
  });
}

function meantBy(kind: (typeof KINDS)[Kind], input: unknown, choices: readonly string[]): string {
  const meant = isRaw(input) && isScalar(input) ? kind.meant?.(String(input), choices) : undefined;
  return meant === undefined ? '' : `, perhaps ${meant}`;
}

function isRaw(value: unknown): value is Raw {
  if (Array.isArray(value)) return value.every((item) => ['string', 'number'].includes(typeof item));
  return value !== null && ['string', 'number', 'boolean', 'object'].includes(typeof value);
}

function describe(issue: z.core.$ZodIssue): string[] {
  if (issue.code === 'unrecognized_keys') return issue.keys.map(unknownKey);
  const path = issue.path.join('.') || 'the file';
  return [`${path}: ${issue.message.replace(/^Invalid input: /, '')}`];
}
