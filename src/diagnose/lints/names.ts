import type { LintFinding, LintRow, LintSpan } from './lint-span.js';

/** Names that follow one template, before it is a finding. */
const MANY_ALIKE = 3;
/** Names of one service, whatever they look like. */
const MANY = 200;
/** Names that are counted of one template. */
const COUNTED = 50;
const MAX_TEMPLATES = 500;
const MAX_FINDINGS = 5;
const LONGEST_NAME = 200;

const UUID = /[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/gi;

/**
 * A span's name with `:id` for what looks like one: `GET /users/17` is `GET /users/:id`. Of numbers, UUIDs, hexadecimal and
 * mixed keys, mail addresses, and what follows a question mark.
 */
export function templateOf(name: string): string {
  return name
    .replace(/\?.*$/, '?:query')
    .replace(UUID, ':id')
    .replace(/[^\s/&=:,;()]+/g, (token) => (isId(token) ? ':id' : token.replace(/([-_.#])\d+$/, '$1:id')))
    .replaceAll('::id', ':id');
}

function isId(token: string): boolean {
  if (/^#?\d[\d.-]*$/.test(token)) return true;
  if (token.includes('@')) return true;
  const digits = token.replace(/\D/g, '').length;
  if (/^[0-9a-f]{8,}$/i.test(token)) return digits > 0;
  return /^[\w-]{16,}$/.test(token) && digits >= 3;
}

interface Template {
  readonly service: string;
  readonly template: string;
  readonly names: Set<string>;
  readonly traces: Set<string>;
  count: number;
}

/** Names with ids in them, by template; and services with too many names. */
interface Names {
  add(span: LintSpan): void;
  findings(): LintFinding[];
}

export function createNames(): Names {
  const templates = new Map<string, Template>();
  const perService = new Map<string, Set<string>>();
  return {
    add: ({ service, name: whole, traceId }) => {
      const name = whole.slice(0, LONGEST_NAME);
      const known = perService.get(service) ?? new Set();
      if (known.size <= MANY && (perService.size < 100 || perService.has(service)))
        perService.set(service, known.add(name));
      const template = templateOf(name);
      if (template === name) return;
      const key = `${service} ${template}`;
      const one = templates.get(key) ?? { service, template, names: new Set(), traces: new Set(), count: 0 };
      if (one.count === 0 && templates.size >= MAX_TEMPLATES) return;
      one.count += 1;
      if (one.names.size < COUNTED) one.names.add(name);
      if (one.traces.size < MANY_ALIKE) one.traces.add(traceId);
      templates.set(key, one);
    },
    findings: () => {
      const alike = [...templates.values()].filter(({ names }) => names.size >= MANY_ALIKE);
      const worst = alike.sort((a, b) => b.names.size - a.names.size).slice(0, MAX_FINDINGS);
      return [
        ...worst.map(ofTemplate),
        // Templates explain most names already.
        ...[...perService]
          .filter(([service, names]) => names.size > MANY && !alike.some((one) => one.service === service))
          .map(([service]) => ofService(service)),
      ];
    },
  };
}

export const NAME_LINTS = {
  'high-cardinality-names': {
    severity: 'warning',
    about: `${MANY_ALIKE} names and more that differ in an id alone, or above ${MANY} names in a service`,
    describe: ({ service, names }) => ({
      what: `names of spans of ${service} hold ids: ${names}`,
      why: 'each name is an operation of its own: rates, percentiles and maps fall apart, and indexes grow',
      fix: `Name the span after the template (${names}) and put the id into an attribute.`,
    }),
  },
} satisfies Readonly<Record<string, LintRow>>;

function ofTemplate({ service, template, names, traces }: Template): LintFinding {
  const { severity, describe } = NAME_LINTS['high-cardinality-names'];
  const count = names.size >= COUNTED ? `${COUNTED} and more` : `${names.size}`;
  const found = { service, count: names.size, names: template };
  const texts = { ...describe(found), what: `${count} names of spans of ${service} follow one template: ${template}` };
  return { id: 'high-cardinality-names', severity, ...texts, examples: [...traces] };
}

function ofService(service: string): LintFinding {
  const { severity, describe } = NAME_LINTS['high-cardinality-names'];
  const texts = describe({ service, count: MANY, names: '' });
  const fix = 'Name spans after what is done, and put what it is done to into attributes.';
  return {
    ...{ id: 'high-cardinality-names', severity, ...texts, fix },
    what: `spans of ${service} have more than ${MANY} names`,
    examples: [],
  };
}
