import { setTimeout as delay } from 'node:timers/promises';
import { decodeTraces, type Encoding, type Signal } from './decode.js';
import { decodeLogs, decodeMetrics } from './decode-others.js';
import type { FaultPlan, Faults } from './faults.js';
import type { LogEntry, MetricEntry, SpanRecord } from './model.js';
import { RefusalCount } from './refusals.js';
import { HeavyRequest, MalformedRequest } from './scalars.js';

/** How a request came. */
export interface RequestInfo {
  readonly transport: 'grpc' | 'http';
  readonly encoding: Encoding;
  /** Lower-case names. */
  readonly headers: Readonly<Record<string, string>>;
  /** Size of the message after decompression. */
  readonly bytes: number;
}

/** What to answer; each transport has its own words for it. */
export type Answer =
  | { readonly kind: 'taken'; readonly rejected: number; readonly message: string }
  | { readonly kind: 'malformed'; readonly message: string }
  | { readonly kind: 'too-large'; readonly message: string }
  | { readonly kind: 'failed'; readonly message: string }
  | {
      readonly kind: 'refused';
      readonly grpc: number;
      readonly http: number;
      readonly message: string;
      readonly retryAfterMs: number | undefined;
    }
  | { readonly kind: 'silent' }
  | { readonly kind: 'reset' };

type OnTraces = (spans: readonly SpanRecord[], request: RequestInfo) => void;

/** Called with what came, before the request is answered; throwing answers INTERNAL or 500. */
export interface Listeners {
  readonly onTraces: OnTraces;
  readonly onMetrics?: ((metrics: readonly MetricEntry[], request: RequestInfo) => void) | undefined;
  readonly onLogs?: ((records: readonly LogEntry[], request: RequestInfo) => void) | undefined;
}

/** Requests and items taken, by signal; what a fault refused is not in it. */
export type SignalCounts = Readonly<Record<Signal, { readonly requests: number; readonly items: number }>>;

/** Everything between a transport and the store: faults, decoding, counting. */
export class Intake {
  readonly plan: FaultPlan;
  readonly refusals = new RefusalCount();
  readonly #listeners: Listeners;
  readonly #counts = {
    traces: { requests: 0, items: 0 },
    metrics: { requests: 0, items: 0 },
    logs: { requests: 0, items: 0 },
  };
  #arrived = 0;
  readonly #awaited: { readonly requests: number; readonly resolve: () => void }[] = [];

  constructor(plan: FaultPlan, listeners: Listeners) {
    this.plan = plan;
    this.#listeners = listeners;
  }

  get counts(): SignalCounts {
    return structuredClone(this.#counts);
  }

  /** Requests that arrived whole, whatever was answered. */
  get requests(): number {
    return this.#arrived;
  }

  /** Resolves once so many requests have arrived, counted from the start. */
  arrived(requests: number): Promise<void> {
    if (this.#arrived >= requests) return Promise.resolve();
    return new Promise((resolve) => this.#awaited.push({ requests, resolve }));
  }

  async handle(signal: Signal, body: Uint8Array, info: RequestInfo): Promise<Answer> {
    this.#arrived += 1;
    for (const { requests, resolve } of this.#awaited) if (requests <= this.#arrived) resolve();
    const faults = this.plan.next();
    if (faults.delayMs !== undefined) await delay(faults.delayMs);
    // It goes on when it settles, whichever way.
    if (faults.hold !== undefined) await Promise.allSettled([faults.hold]);
    try {
      return this.#judge(signal, body, info, faults);
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error);
      if (error instanceof HeavyRequest) this.refusals.add('too large');
      if (error instanceof HeavyRequest) return { kind: 'too-large', message };
      if (error instanceof MalformedRequest) this.refusals.add('malformed');
      return { kind: error instanceof MalformedRequest ? 'malformed' : 'failed', message };
    }
  }

  #judge(signal: Signal, body: Uint8Array, info: RequestInfo, faults: Faults): Answer {
    const { refuse, partial } = faults;
    if (refuse !== undefined) {
      const { grpc = 14, http = 503, message = 'refused on purpose', retryAfterMs } = refuse;
      return { kind: 'refused', grpc, http, message, retryAfterMs };
    }
    const withheld = faults.silent ? 'silent' : faults.reset ? 'reset' : undefined;
    if (withheld !== undefined) {
      if (faults.takes) this.#take(signal, body, info, 0);
      return { kind: withheld };
    }
    const rejected = this.#take(signal, body, info, partial?.rejected ?? 0);
    return { kind: 'taken', rejected, message: partial?.message ?? (rejected > 0 ? 'rejected on purpose' : '') };
  }

  /** Takes all but the last `reject` items; returns how many it rejected. */
  #take(signal: Signal, body: Uint8Array, info: RequestInfo, reject: number): number {
    const take = <T>(items: readonly T[], deliver: ((items: readonly T[], info: RequestInfo) => void) | undefined) => {
      const rejected = Math.min(reject, items.length);
      deliver?.(rejected === 0 ? items : items.slice(0, items.length - rejected), info);
      this.#counts[signal].requests += 1;
      this.#counts[signal].items += items.length - rejected;
      return rejected;
    };
    const { onTraces, onMetrics, onLogs } = this.#listeners;
    if (signal === 'logs') return take(decodeLogs(body, info.encoding), onLogs);
    if (signal === 'metrics') return take(decodeMetrics(body, info.encoding), onMetrics);
    return take(decodeTraces(body, info.encoding), onTraces);
  }
}
