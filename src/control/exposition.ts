import { joinLabels, parseLabels } from './labels.js';

/** What one worker exposes, and the labels that distinguish it from the others. */
interface Exposition {
  readonly labels: Readonly<Record<string, string | number>>;
  /** Prometheus text format 0.0.4. */
  readonly text: string;
}

interface Family {
  /** The HELP, UNIT and TYPE lines of the first worker that has them. */
  readonly head: Map<string, string>;
  readonly samples: string[];
}

/** What the primary exposes itself; a second family of that name would spoil the whole scrape. */
const OWN = 'kf_cluster_';

/**
 * One text out of several: a family may stand in it once only, so the samples of all are gathered below one head, each
 * with the labels of its worker. A line that is none of the format is left out, for it would spoil the others.
 */
export function mergeExpositions(all: readonly Exposition[]): string {
  const families = new Map<string, Family>();
  const seen = new Set<string>();
  for (const { labels, text } of all) {
    let current = '';
    for (const line of text.split('\n')) {
      const [, kind, name] = /^# (HELP|TYPE|UNIT) (\S+)/.exec(line) ?? [];
      if (kind !== undefined && name !== undefined) current = addHead(families, name, kind, line);
      else addSample(families, current, line, labels, seen);
    }
  }
  return [...families.values()]
    .filter(({ samples }) => samples.length > 0)
    .map(({ head, samples }) => `${[...head.values(), ...samples].join('\n')}\n`)
    .join('');
}

function addHead(families: Map<string, Family>, name: string, kind: string, line: string): string {
  const { head } = familyOf(families, name);
  if (!head.has(kind) && (kind !== 'TYPE' || TYPE.test(line))) head.set(kind, line);
  return name;
}

/** With another type, such as those of OpenMetrics, the text is none of this format; a family without one is untyped. */
const TYPE = /^# TYPE \S+ (?:counter|gauge|histogram|summary|untyped)\s*$/;
const SAMPLE =
  /^([a-zA-Z_:][\w:]*)(?:\{(.*)\})?\s+([+-]?(?:Inf|NaN|(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)(?:\s+-?\d+)?)\s*$/;

/** A sample belongs to the family above it, if its name is that of the family or goes on with `_`. */
function addSample(
  families: Map<string, Family>,
  family: string,
  line: string,
  labels: Exposition['labels'],
  seen: Set<string>,
): void {
  const match = SAMPLE.exec(line);
  if (!match) return;
  const [, name = '', own = '', value = ''] = match;
  if (name.startsWith(OWN)) return;
  const isPart = name === family || name.startsWith(`${family}_`);
  const parsed = parseLabels(own);
  if (!parsed) return;
  const all = joinLabels(parsed, labels, name.endsWith('_bucket'));
  const series = `${name}${all === '' ? '' : `{${all}}`}`;
  // Two instruments may have one name in this format: the second sample of a series would spoil the others.
  if (seen.has(series)) return;
  seen.add(series);
  familyOf(families, isPart ? family : name).samples.push(`${series} ${value}`);
}

function familyOf(families: Map<string, Family>, name: string): Family {
  const known = families.get(name);
  if (known) return known;
  const family = { head: new Map<string, string>(), samples: [] };
  families.set(name, family);
  return family;
}
