import { parseArgs } from 'node:util';

/** The flags every benchmark takes, with the defaults of this one. */
export interface Defaults {
  readonly rounds: number;
  readonly contenders: readonly string[];
}

export interface Flags {
  readonly rounds: number;
  readonly contenders: readonly string[];
  readonly workers: number;
  readonly json: boolean;
  /** A number of this benchmark's own, `--name value`. */
  number(name: string): number;
  /** A text of this benchmark's own. */
  text(name: string): string;
}

/**
 * Reads the command line. `numbers` and `words` are this benchmark's own flags with their defaults. Throws on unknown
 * flags.
 */
export function readFlags(
  defaults: Defaults,
  numbers: Readonly<Record<string, number>> = {},
  words: Readonly<Record<string, string>> = {},
): Flags {
  const names = Object.keys({ ...numbers, ...words });
  const own = Object.fromEntries(names.map((name) => [name, { type: 'string' as const }]));
  const { values } = parseArgs({
    options: {
      rounds: { type: 'string' },
      contenders: { type: 'string' },
      workers: { type: 'string' },
      json: { type: 'boolean' },
      ...own,
    },
  });
  const texts = values as Readonly<Record<string, string | undefined>>;
  const read = (name: string, otherwise: number) => (texts[name] === undefined ? otherwise : Number(texts[name]));
  return {
    rounds: read('rounds', defaults.rounds),
    contenders: texts.contenders?.split(',') ?? defaults.contenders,
    workers: read('workers', 2),
    json: values.json === true,
    number: (name) => read(name, numbers[name]!),
    text: (name) => texts[name] ?? words[name]!,
  };
}

/** Progress goes to stderr: stdout is the table, or JSON. */
export function say(text: string): void {
  process.stderr.write(`${text}\n`);
}
