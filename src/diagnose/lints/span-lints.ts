import { attributeSize } from '../../contract/watched-span.js';
import { type LintRow, type LintSpan, plural } from './lint-span.js';

/** Lints that need no other span. */
interface SpanLint extends LintRow {
  /** What to name, where the span has it. It sees only spans that have ended. */
  look(span: LintSpan): string | undefined;
}

/** Characters: what a table of attributes shows, and what a batch of 512 spans can carry within 4 MiB. */
const LARGE_VALUE = 4_096;
const LARGE_SPAN = 8_192;

export const SPAN_LINTS = {
  'exception-without-status': {
    severity: 'warning',
    about: 'a span has recorded an exception, and its status is not error',
    look: ({ status, events, name }) =>
      status === 'unset' && events.some((event) => event.name === 'exception') ? name : undefined,
    describe: ({ service, count, names }) => ({
      what: `${plural(count, 'span')} of ${service} recorded an exception and ended without error status: ${names}`,
      why: 'recordException() only adds an event: error rates and alerts go by the status',
      fix: "Call span.setStatus({ code: SpanStatusCode.ERROR }) too; withSpan() of 'kf-cluster/tracing' does both.",
    }),
  },
  'server-without-route': {
    severity: 'information',
    about: 'a SERVER span of HTTP has no http.route',
    look: ({ kind, attributes: { 'http.route': route, ...rest }, name }) => {
      if (kind !== 'server' || route !== undefined || isUnrouted(rest)) return undefined;
      return rest['http.request.method'] === undefined && rest['http.method'] === undefined ? undefined : name;
    },
    describe: ({ service, count, names }) => ({
      what: `${plural(count, 'SERVER span')} of ${service} without http.route: ${names}`,
      why: 'requests of one method fall into one operation, whatever they ask for',
      fix: 'Instrument the router (kf-cluster bootstrap); where there is none, set http.route on the active span.',
    }),
  },
  'huge-attributes': {
    severity: 'warning',
    about: `attributes above ${LARGE_VALUE} characters, or above ${LARGE_SPAN} in a span`,
    look: ({ attributes, attributeSizes }) => {
      const sizes: (readonly [string, number])[] = attributeSizes
        ? Object.entries(attributeSizes)
        : Object.entries(attributes).map(([key, value]) => [key, attributeSize(value)]);
      const large = sizes.filter(([, size]) => size > LARGE_VALUE).map(([key]) => key);
      if (large.length > 0) return large.slice(0, 3).join(', ');
      const total = sizes.reduce((sum, [key, size]) => sum + key.length + size, 0);
      return total > LARGE_SPAN ? `${sizes.length} attributes together` : undefined;
    },
    describe: ({ service, count, names }) => ({
      what: `${plural(count, 'span')} of ${service} with huge attributes: ${names}`,
      why: 'they fill batches and the spool, and collectors refuse requests above 4 MiB; bodies often hold secrets',
      fix: 'Leave them out, or set OTEL_ATTRIBUTE_VALUE_LENGTH_LIMIT.',
    }),
  },
} satisfies Readonly<Record<string, SpanLint>>;

/** Nobody routes what is not found, redirected or refused before the router, nor a preflight. */
function isUnrouted(attributes: Readonly<Record<string, unknown>>): boolean {
  const status = attributes['http.response.status_code'] ?? attributes['http.status_code'];
  const method = attributes['http.request.method'] ?? attributes['http.method'];
  return method === 'OPTIONS' || (typeof status === 'number' && status >= 300 && status < 500);
}
