/** The packages that bring an instrumentation, and what each is called in settings and in the log. */

const PREFIX = '@opentelemetry/instrumentation-';
/** All those of the OpenTelemetry project in one. */
export const AUTO = '@opentelemetry/auto-instrumentations-node';
/** Instrumentations whose package is not called one. */
const OTHERS: readonly string[] = ['@fastify/otel'];
/** What they are built on. */
const BASES: readonly string[] = ['@opentelemetry/instrumentation', '@opentelemetry/auto-instrumentations-web'];

/** Whether an app that lists this package wants it loaded: `@opentelemetry/instrumentation-pg`, `@prisma/instrumentation`. */
export function isInstrumentation(name: string): boolean {
  if (BASES.includes(name)) return false;
  return name === AUTO || OTHERS.includes(name) || /(^|[/-])instrumentations?($|-)/.test(name);
}

/**
 * As OTEL_NODE_DISABLED_INSTRUMENTATIONS and the settings call it: `pg`, `prisma`, `fastify`, and `openai` of
 * `@traceloop/instrumentation-openai`.
 */
export function shortNameOf(name: string): string {
  if (name.startsWith(PREFIX)) return name.slice(PREFIX.length);
  const [, scope = '', own = ''] = /^(?:@([^/]+)\/)?(.*)$/.exec(name) ?? [];
  const short = own.replace(/^(opentelemetry|otel)-/, '').replace(/(^|-)(instrumentations?|otel)($|-)/, '');
  return short || scope;
}

/** The name of the package again, for those of the OpenTelemetry project. */
export const longNameOf = (short: string) => PREFIX + short;

/** Settings without which a package does nothing when it is loaded and not asked. */
export const DEFAULTS: Readonly<Record<string, object>> = { fastify: { registerOnInitialization: true } };
