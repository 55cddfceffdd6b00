import type { KeptSpan, KeptTrace } from './kept-traces.js';
import { type LintRow, plural } from './lint-span.js';
import type { Services } from './services.js';

/** Lints that need the other spans of a trace. */
export interface TraceLint extends LintRow {
  /** What it finds may be undone by a span that is still to come. */
  readonly needsAll?: true;
  /** Whether one of its spans has it. */
  look(span: KeptSpan, trace: KeptTrace, around: Around): boolean;
}

interface Around {
  readonly services: Services;
  /** Milliseconds since 1970. */
  readonly nowMs: number;
}

/** For how long a child may run on when its parent has ended, in milliseconds. */
const CHILD_MS = 2_000;

export const TRACE_LINTS = {
  'orphan-spans': {
    severity: 'warning',
    about: 'a span names a parent in the same process that never came',
    needsAll: true,
    look: ({ parentId, parentIsRemote, parentIsRecorded, kind }, { spans }) => {
      const isRemote = parentIsRemote ?? (kind === 'server' || kind === 'consumer');
      if (parentId === undefined || isRemote) return false;
      return parentIsRecorded === undefined ? !spans.has(parentId) : !parentIsRecorded;
    },
    describe: ({ service, count, names }) => ({
      what: `${plural(count, 'span')} of ${service} whose parent never came: ${names}`,
      why: 'the parent was not ended, was sampled away by another sampler, or was dropped: traces are torn',
      fix: 'End every span in a finally block; use a parentbased_* sampler; see what is dropped in kf-cluster status.',
    }),
  },
  'root-client': {
    severity: 'warning',
    about: 'a CLIENT span is the root of its trace, in a service that answers requests',
    // A service connects to its databases before it answers the first request.
    look: ({ parentId, kind, service, startMs }, _trace, { services }) =>
      kind === 'client' &&
      parentId === undefined &&
      startMs > (services.servesSince(service) ?? Number.POSITIVE_INFINITY),
    describe: ({ service, count, names }) => ({
      what: `${plural(count, 'CLIENT span')} of ${service} at the root of a trace: ${names}`,
      why: 'the context of the request was lost on the way (a callback, a queue, a pool), or a timer made the call',
      fix: 'Bind the callback with context.bind(); give the work of a timer a span of its own.',
    }),
  },
  'two-server-spans': {
    severity: 'warning',
    about: 'one request has two SERVER spans',
    look: ({ parentId, parentIsRemote, kind, service }, { spans }) => {
      const parent = parentId === undefined || parentIsRemote === true ? undefined : spans.get(parentId);
      return kind === 'server' && parent?.kind === 'server' && parent.service === service;
    },
    describe: ({ service, count, names }) => ({
      what: `${plural(count, 'request')} of ${service} with two SERVER spans: ${names}`,
      why: 'two instrumentations of HTTP are at work: rates are doubled',
      fix: 'Leave out the second provider or instrumentation; OTEL_NODE_DISABLED_INSTRUMENTATIONS=http turns ours off.',
    }),
  },
  'unended-spans': {
    severity: 'warning',
    about: 'a span has not ended two seconds after its parent',
    look: ({ parentId = '', ended }, { spans }, { nowMs }) => {
      const parent = spans.get(parentId);
      return !ended && parent?.ended === true && parent.endMs + CHILD_MS < nowMs;
    },
    describe: ({ service, count, names }) => ({
      what: `${plural(count, 'span')} of ${service} not ended ${CHILD_MS / 1_000} s after the parent: ${names}`,
      why: 'a span that is not ended is never sent, and its children are orphans',
      fix: "Call span.end() in a finally block; withSpan() of 'kf-cluster/tracing' does.",
    }),
  },
  'internal-only': {
    severity: 'warning',
    about: 'a service has INTERNAL spans at the root of its traces and no SERVER or CONSUMER span',
    needsAll: true,
    look: ({ parentId, parentIsRemote, kind, service }, _trace, { services }) =>
      kind === 'internal' &&
      (parentId === undefined || parentIsRemote === true) &&
      services.servesSince(service) === undefined,
    describe: ({ service, count, names }) => ({
      what: `${service} has only INTERNAL spans where its traces begin (${count}): ${names}`,
      why: 'service maps and request rates are made of SERVER spans: the service is missing there',
      fix: 'Let HTTP be instrumented (kf-cluster doctor), or start the span with kind: SpanKind.SERVER.',
    }),
  },
} satisfies Readonly<Record<string, TraceLint>>;
