/** Labels in the Prometheus text format; each value as it stands between its quotes, still escaped. */
type Labels = readonly (readonly [name: string, value: string])[];

const PAIR = /\s*([^\s="{},]*)\s*=\s*"((?:[^"\\]|\\.)*)"\s*(?:,|$)/y;

/** The labels between the braces of a sample; undefined if they are none of the format. */
export function parseLabels(text: string): Labels | undefined {
  const labels: [string, string][] = [];
  PAIR.lastIndex = 0;
  while (PAIR.lastIndex < text.trimEnd().length) {
    const [, name, value] = PAIR.exec(text) ?? [];
    if (name === undefined || value === undefined) return undefined;
    labels.push([name, value]);
  }
  return labels;
}

/**
 * The labels of a sample, and behind them those that say whose it is. A name that is taken by these becomes `exported_` +
 * name, as Prometheus itself does it; what is no name of the format becomes one; two of one name become one, their values
 * joined by `;`, as OpenTelemetry has it.
 *
 * @param isBucket whether the last `le` is the bound of a bucket; anywhere else that name is not an app's to take
 */
export function joinLabels(own: Labels, added: Readonly<Record<string, string | number>>, isBucket: boolean): string {
  const joined = new Map<string, string>();
  const bound = isBucket ? own.findLast(([name]) => name === 'le') : undefined;
  for (const pair of own) {
    const [given, value] = pair;
    const valid = validName(given);
    const taken = valid in added || (valid === 'le' && pair !== bound) || (valid === 'quantile' && !isNumber(value));
    const name = taken ? `exported_${valid}` : valid;
    const before = joined.get(name);
    joined.set(name, before === undefined ? value : `${before};${value}`);
  }
  for (const [name, value] of Object.entries(added)) joined.set(name, String(value));
  return [...joined].map(([name, value]) => `${name}="${value}"`).join(',');
}

const isNumber = (text: string) => text !== '' && !Number.isNaN(Number(text));

function validName(name: string): string {
  const plain = name.replace(/[^a-zA-Z0-9_]/g, '_');
  return /^([0-9]|$)/.test(plain) ? `_${plain}` : plain;
}
