import { envNamesOf, fileKeyOf, flagOf, GROUPS, type OptionRow } from './option-row.js';
import { ROWS } from './options.js';

/** A command as the help lists it. */
export interface ManCommand {
  readonly usage: string;
  readonly doc: string;
  /** All that its help has. */
  readonly flags: readonly string[];
}

/** Those of every command. */
const COMMON = ['--help', '--version'];
/** What stands under OPTIONS. */
const OPTIONS = ROWS.flatMap(({ name }) => [`--${name}`, `--no-${name}`]);

const EXIT_CODES = [
  ...[
    '0 stopped or done',
    '1 failure',
    '2 usage',
    '3 nothing runs',
    '4 unknown name',
    '69 unreachable',
    '70 crash loop',
  ],
  ...['73 name or pidfile taken', '75 busy', '78 bad configuration', '130, 143 forced by SIGINT, SIGTERM'],
];

/** docs/kf-cluster.1, from the table of options and the commands of the help. */
export function manPage(commands: readonly ManCommand[]): string {
  const options = GROUPS.flatMap((group) => [
    `.SS ${roff(group)}`,
    ...ROWS.filter((row) => row.group === group).flatMap(entry),
  ]);
  const lines = [
    `.\\" Generated from src/config/options.ts by npm run docs. Do not edit.`,
    '.TH KF\\-CLUSTER 1 "" "kf\\-cluster" "User Commands"',
    '.SH NAME',
    'kf\\-cluster \\- run a Node app on every core, with OpenTelemetry',
    '.SH SYNOPSIS',
    ...['.B kf\\-cluster', '.I command', '[options] [app.js] [\\-\\- arguments of the app]'],
    '.SH DESCRIPTION',
    'Runs an app on several workers that share its port. Every request finishes and the spans of every worker arrive, through',
    'reloads, crashes and outages of the collector.',
    '.SH COMMANDS',
    ...commands.flatMap((command) => ['.TP', `.B ${roff(command.usage)}`, roff(`${command.doc}${ownFlags(command)}`)]),
    '.SH OPTIONS',
    'Those of start and dev; what the flags of the other commands do stands in kf\\-cluster COMMAND \\-\\-help. Each is a flag, a variable and a key of the config file; the first of these that says something wins.',
    ...options,
    '.SH EXIT STATUS',
    ...EXIT_CODES.flatMap((code) => ['.TP', `.B ${code.replace(/ [a-z].*/i, '')}`, roff(code.replace(/^[\d, ]+/, ''))]),
    '.SH FILES',
    '.TP',
    '.I kf\\-cluster.config.{js,mjs,cjs,ts,mts,json}',
    "looked for from the script's directory upwards",
    '.SH SEE ALSO',
    'The package has its documentation in docs/.',
  ];
  return `${lines.join('\n')}\n`;
}

function ownFlags({ flags }: ManCommand): string {
  const known = new Set(flags.includes('--workers') ? [...COMMON, ...OPTIONS] : COMMON);
  const own = flags.filter((flag) => !known.has(flag));
  return own.length === 0 ? '' : `; also ${own.join(', ')}`;
}

function entry(row: OptionRow): string[] {
  const value = row.unit ?? row.choices?.join('|') ?? (row.kind === 'duration' ? 'duration' : undefined);
  const flag = `${row.alias ? `-${row.alias}, ` : ''}${flagOf(row)}${value === undefined ? '' : ` <${value}>`}`;
  const facts = [
    ...envNamesOf(row),
    ...(row.file === false ? [] : [`key ${fileKeyOf(row)}`]),
    ...(row.default ? [`default ${row.default}`] : []),
  ];
  const doc = `${row.doc.charAt(0).toUpperCase()}${row.doc.slice(1)}.`;
  return ['.TP', `.B ${roff(flag)}`, roff(doc), '.br', roff(facts.join('; '))];
}

/** A dash is a minus, a line begins with no dot or quote, and a backslash is one. */
function roff(text: string): string {
  return text
    .replaceAll('\\', '\\e')
    .replaceAll('-', '\\-')
    .replace(/^(?=[.'])/, '\\&');
}
