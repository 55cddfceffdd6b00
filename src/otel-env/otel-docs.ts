import { entriesOf } from '../contract/table-keys.js';
import { MEANINGS, type Meaning, SPECS } from './meanings.js';
import { OTLP_SIGNALS, VARIABLES, type Variable } from './variables.js';

type DocumentedName = keyof typeof MEANINGS;

/** The table of OTEL_* variables, as Markdown. */
export function otelVariablesMarkdown(): string[] {
  const rows = entriesOf(MEANINGS);
  const links = Object.entries(SPECS).flatMap(([key, [, url]]) => (url === undefined ? [] : [`[${key}]: ${url}`]));
  return [
    '| Variable | Meaning here | Value | Default | Defined by |',
    '|---|---|---|---|---|',
    ...rows.map(([name, meaning]) => `| ${cells(name, meaning).join(' | ')} |`),
    '',
    ...links,
  ];
}

function cells(name: DocumentedName, { text, spec, unset }: Meaning): string[] {
  const { form, fallback }: Variable = VARIABLES[name];
  const [title, url] = SPECS[spec];
  const words = form.words?.map((one) => `\`${one}\``).join(', ');
  const value =
    words === undefined ? form.expects : form.expects.startsWith('one of') ? words : `a comma list of ${words}`;
  const by = url === undefined ? title : `[${title}][${spec}]`;
  return [`\`${name}\`${hasSignals(name) ? ' ¹' : ''}`, text, value, unset ?? defaultOf(fallback), by];
}

/** Whether each signal can have a variable of its own. */
function hasSignals(name: DocumentedName): boolean {
  const own = OTLP_SIGNALS.map((signal) => name.replace('_OTLP_', `_OTLP_${signal.toUpperCase()}_`));
  return own.every((one) => one !== name && one in VARIABLES);
}

function defaultOf(fallback: unknown): string {
  if (fallback === undefined || (typeof fallback === 'object' && !Array.isArray(fallback))) return '-';
  return `\`${String(fallback)}\``;
}
