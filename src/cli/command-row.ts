import type { Argv } from 'yargs';
import { entriesOf } from '../contract/table-keys.js';
import { ALIASES, type CommandName } from './command-names.js';
import type { Invocation } from './invocation.js';

export type Examples = ReadonlyArray<readonly [string, string]>;

type Command = (invocation: Invocation, argv: Record<string, unknown>) => Promise<number>;
export type Handle = (command: Command) => (argv: Record<string, unknown>) => Promise<void>;

/** What the flags of a command are made with. */
interface FlagParts {
  /** Adds the script and every option of a start. */
  withScript(sub: Argv, examples: Examples): Argv;
}

/** One command. Its module is imported when it runs: --version and --help need none of them. */
export interface CommandRow {
  /** What stands behind its name, as yargs writes it. */
  readonly places?: string;
  readonly doc: string;
  flags(sub: Argv, parts: FlagParts): Argv;
  readonly run: Command;
}

/** Some of the commands, by their names. */
type CommandTable = Readonly<Partial<Record<CommandName, CommandRow>>>;

/** Adds the commands of a table, in its order. */
export function declare(yargs: Argv, table: CommandTable, handle: Handle, parts: FlagParts): Argv {
  return rowsOf(table).reduce((declared, [name, row]) => {
    const aliases = entriesOf(ALIASES).flatMap(([alias, of]) => (of === name ? [alias] : []));
    const flags = (sub: Argv) => row.flags(sub, parts);
    return declared.command([usageOf(name, row), ...aliases], row.doc, flags, handle(row.run));
  }, yargs);
}

export function rowsOf(table: CommandTable): readonly (readonly [CommandName, CommandRow])[] {
  return entriesOf(table).flatMap(([name, row]) => (row === undefined ? [] : [[name, row]]));
}

export function usageOf(name: CommandName, { places }: CommandRow): string {
  return places === undefined ? name : `${name} ${places}`;
}
