import { type Context, TraceFlags, trace } from '@opentelemetry/api';
import { hrTimeToMilliseconds } from '@opentelemetry/core';
import type { ReadableSpan, Span, SpanProcessor } from '@opentelemetry/sdk-trace-node';
import type { ItemAccount } from '../contract/item-account.js';
import {
  attributeSize,
  LOOKED_AT,
  type SpanLook,
  type SpanSource,
  WATCHED_KINDS,
  type WatchedSpan,
} from '../contract/watched-span.js';
import { createFate } from './span-fate.js';

/** Spans that are kept of a sample; of one trace too. A longer text is cut. */
const MOST_SPANS = 500;
const LONGEST_NAME = 200;

export interface LookParts {
  /** The one that sees every span. */
  readonly processor: SpanProcessor;
  account(): ItemAccount;
  /** True when all that ended so far is settled, false after `ms`; absent where no collector is waited for. */
  readonly flush: ((ms: number) => Promise<boolean>) | undefined;
}

/** Lets others look at the spans of this process. Costs nothing while nobody does: only then the processor is wrapped. */
export function lookAtSpans(parts: LookParts): SpanSource {
  const tap = createTap(parts.processor);
  return ({ traceId }, onChange) => (traceId === undefined ? sample(tap) : follow(tap, traceId, parts, onChange));
}

/** Whole traces, by the ends of their ids: of more than can be kept every second, every fourth ... */
function sample(tap: Tap): SpanLook {
  const spans = new Map<string, Watched>();
  let mask = 0;
  let seen = 0;
  const isKept = ({ traceId }: { traceId: string }) => (Number.parseInt(traceId.slice(-7), 16) & mask) === 0;
  const stop = tap({
    started: (span, context) => {
      seen += 1;
      if (!isKept(span.spanContext())) return;
      spans.set(span.spanContext().spanId, new Watched(span, context));
      while (spans.size > MOST_SPANS && mask < 0xfffffff) {
        mask = mask * 2 + 1;
        for (const [id, one] of spans) if (!isKept(one)) spans.delete(id);
      }
    },
    ended: (span) => spans.get(span.spanContext().spanId)?.end(),
  });
  return { seen: () => ({ spans: [...spans.values()].map((one) => one.now()), seen, fate: 'open' }), stop };
}

function follow(tap: Tap, traceId: string, parts: LookParts, onChange: () => void): SpanLook {
  const spans = new Map<string, Watched>();
  let seen = 0;
  const hasEnded = () => spans.size > 0 && [...spans.values()].every(({ ended }) => ended);
  const fate = createFate(parts, hasEnded, onChange);
  const stop = tap({
    started: (span, context) => {
      seen += 1;
      if (span.spanContext().traceId === traceId && spans.size < MOST_SPANS) {
        spans.set(span.spanContext().spanId, new Watched(span, context));
      }
      onChange();
    },
    ended: (span) => {
      const known = spans.get(span.spanContext().spanId);
      if (!known) return;
      known.end();
      fate.changed();
      onChange();
    },
  });
  return {
    seen: () => ({ spans: [...spans.values()].map((one) => one.now()), seen, ...fate.now() }),
    stop: () => {
      stop();
      fate.stop();
    },
  };
}

interface Observer {
  started(span: Span, context: Context): void;
  ended(span: ReadableSpan): void;
}

/** Adds an observer; what it returns takes it away. */
type Tap = (observer: Observer) => () => void;

function createTap(processor: SpanProcessor): Tap {
  const observers = new Set<Observer>();
  const { onStart, onEnd } = processor;
  const isOurs = (span: ReadableSpan) => span.instrumentationScope.name === 'kf-cluster'; // reloads, ends, our own proof
  const isLookedAt = (span: ReadableSpan) =>
    (span.spanContext().traceFlags & TraceFlags.SAMPLED) !== 0 && !isOurs(span);
  const wrap = () => {
    processor.onStart = (span, context) => {
      onStart.call(processor, span, context);
      if (isLookedAt(span)) for (const one of observers) one.started(span, context);
    };
    processor.onEnd = (span) => {
      onEnd.call(processor, span);
      if (isLookedAt(span)) for (const one of observers) one.ended(span);
    };
  };
  return (observer) => {
    if (observers.size === 0) wrap();
    observers.add(observer);
    return () => {
      observers.delete(observer);
      if (observers.size === 0) Object.assign(processor, { onStart, onEnd });
    };
  };
}

/** A span while it is looked at. Described when that is asked for, as at its start it may have no attributes yet. */
class Watched {
  readonly traceId: string;
  ended = false;
  #described: () => WatchedSpan;

  /** `context`: the one that its parent is in. */
  constructor(span: ReadableSpan, context: Context) {
    this.traceId = span.spanContext().traceId;
    const around = trace.getSpan(context);
    // A span of the SDK, ended or not; what was not sampled has none.
    const parent = around && { parentIsRecorded: 'startTime' in around };
    this.#described = () => ({ ...describe(span), ...parent });
  }

  now(): WatchedSpan {
    return this.#described();
  }

  /** It changes no more; the span itself need not be kept. */
  end(): void {
    const last = this.now();
    this.ended = true;
    this.#described = () => last;
  }
}

function describe(span: ReadableSpan): WatchedSpan {
  const { traceId, spanId } = span.spanContext();
  const parent = span.parentSpanContext;
  const sizes = Object.entries(span.attributes).map(([key, value]) => [key, attributeSize(value)] as const);
  const shown = LOOKED_AT.filter((key) => span.attributes[key] !== undefined);
  const service = span.resource.attributes['service.name'];
  return {
    ...{ traceId, spanId, parentId: parent?.spanId },
    ...(parent && { parentIsRemote: parent.isRemote === true }),
    service: typeof service === 'string' ? service : '',
    scope: span.instrumentationScope.name,
    name: span.name.slice(0, LONGEST_NAME),
    kind: WATCHED_KINDS[span.kind + 1] ?? 'unspecified',
    startMs: hrTimeToMilliseconds(span.startTime),
    endMs: span.ended ? hrTimeToMilliseconds(span.endTime) : 0,
    ended: span.ended,
    status: (['unset', 'ok', 'error'] as const)[span.status.code],
    attributes: Object.fromEntries(shown.map((key) => [key, span.attributes[key]])),
    attributeSizes: Object.fromEntries(sizes),
    events: span.events.some(({ name }) => name === 'exception') ? [{ name: 'exception' }] : [],
  };
}
