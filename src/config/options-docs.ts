import { otelVariablesMarkdown } from '../otel-env/otel-docs.js';
import { KINDS } from './kinds.js';
import { envNamesOf, fileKeyOf, flagOf, GROUPS, type OptionRow } from './option-row.js';
import { ROWS } from './options.js';

/** docs/CONFIGURATION.md, from the table of options. */
export function configurationMarkdown(): string {
  const sections = GROUPS.map((group) => [
    `## ${group}`,
    '',
    ...ROWS.filter((row) => row.group === group).flatMap(entry),
  ]);
  return `${[...INTRO, ...sections.flat(), ...OTEL_INTRO, ...otelVariablesMarkdown(), ...OTEL_RULES].join('\n').trimEnd()}\n`;
}

const INTRO = [
  '# Configuration',
  '',
  '<!-- Generated from src/config/options.ts by `npm run docs`. Do not edit. -->',
  '',
  'Each option is a flag, a variable and a key of the config file. The first of these that says something wins:',
  '',
  '1. the flag',
  '2. the environment: `KF_CLUSTER_*`, and `OTEL_*` for telemetry',
  '3. the `--env-file`',
  '4. what a program gave to `cluster.setup()`',
  '5. the config file: `kf-cluster.config.{js,mjs,cjs,ts,mts,cts,json}` or `package.json#kf-cluster`, looked for from the',
  "   script's directory upwards to the project's package.json, and to the root of its workspace; see FRAMEWORKS.md",
  '6. the default',
  '',
  '`kf-cluster config [script]` prints what each option is and where that came from. `--config` names the file instead',
  'of looking for it. Relative paths start at the directory of the config file, and on the command line at `--cwd`.',
  '',
  'A flag may be written with dashes or underscores: `--service-name` and `--service_name` are the same. The variable of a',
  'telemetry flag is its name in upper case with `OTEL_` in front; of any other flag, with `KF_CLUSTER_`.',
  '',
  'A boolean flag is on by itself and off with `--no-` in front; `=true`, `yes`, `on`, `1` and `=false`, `no`, `off`, `0` behind it',
  'are taken too, and nothing else. A `KF_CLUSTER_*` variable that no option reads is warned of, with the nearest one.',
  '',
  'Durations are `500ms`, `5s`, `2m`, `1h`; without a unit they are refused everywhere, a number in a file or in code too (0 is 0).',
  'Sizes are `200KB`, `512MB`, `1.5GB`, in powers of 1024; a number alone is bytes, and refused below 1000000, because who writes `10` or',
  '`512` means megabytes.',
  '',
  'The config file has one key more, `env`: a map of variables for the workers. Neither it nor the env file replaces a',
  'variable that is set already. An editor completes kf-cluster.config.json with',
  '`"$schema": "./node_modules/kf-cluster/docs/kf-cluster.schema.json"`.',
  '',
];

const OTEL_INTRO = [
  '## OTEL_* variables',
  '',
  'Read alike by `kf-cluster config`, a start, every worker, `kf-cluster/register` and what sends the rest of a spool. They',
  'may stand in the environment, the env file or the map `env`. Empty is unset. Words are taken in any case. An unknown',
  'word, a number out of range or a value of another form ends the start with OTEL_INVALID: what was expected, and the word',
  'that was most likely meant. With `--no-telemetry` they are the business of the app, and not looked at.',
  '',
];

const OTEL_RULES = [
  '',
  '¹ Also for one signal, with `TRACES_`, `METRICS_` or `LOGS_` behind `OTLP_`: `OTEL_EXPORTER_OTLP_LOGS_ENDPOINT`. That one',
  'wins. What goes to one place shares one connection.',
  '',
  '`OTEL_EXPORTER_PROMETHEUS_*` are not read: workers open no port, `--admin-host` and `--admin-port` are it.',
  '',
  '### Headers',
  '',
  'One rule for the variable and for a line of the file: `name=value` pairs, separated by commas. The first `=` ends the name;',
  'blanks around name and value are left out. In a value, `%` with two hexadecimal digits is the byte that they name; any other',
  '`%`, `=` and blanks inside arrive as they are written. A comma is written `%2C`, and a `%` in front of two digits `%25`. What',
  'no header can carry (a line break, anything but ASCII) ends the start. In the file blank lines and lines that start with `#`',
  'are skipped. `OTEL_RESOURCE_ATTRIBUTES` is read by the same rule, its names are decoded too, and it may hold any text.',
  '',
  '```',
  '# three keys as they are written, and how they arrive',
  'authorization=Basic dXNlcjpwYXNz==      Basic dXNlcjpwYXNz==',
  'kf-api-key=100%sure                     100%sure',
  'kf-team=a%2Cb                           a,b',
  '```',
];

function entry(row: OptionRow): string[] {
  const flag = [row.alias ? `-${row.alias}, ` : '', flagOf(row), row.unit ? ` <${row.unit}>` : ''].join('');
  const facts = [
    ...envNamesOf(row).map((name) => `\`${name}\``),
    ...(row.file === false ? [] : [`key \`${fileKeyOf(row)}\``]),
    ...(row.default ? [`default \`${row.default}\``] : []),
    ...(row.fixed ? ['of the supervisor itself: a reload leaves it'] : []),
    ...(row.kind === 'text' ? [] : [KINDS[row.kind].expects(row.choices ?? [])]),
  ];
  return [`### \`${flag}\``, '', `${sentence(row.doc)}`, '', `${facts.join(' · ')}`, ''];
}

function sentence(text: string): string {
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}.`;
}
