import type { SpoolPorts, Warn } from '../outbox-ports.js';
import type { Outcome } from './outcome.js';
import { type Backoff, GONE, HELD, HUNG_UP, OVERLOADED } from './send-backoff.js';

/** Between two warnings that the collector is gone. */
const OUTAGE_WARNING_MS = 60_000;
/** A collector cannot silence us for longer. */
const MAX_RETRY_AFTER_MS = 300_000;

/** What it can warn of, and what that is called in the log. */
const EVENTS = {
  slow: 'collector-away',
  gone: 'collector-away',
  held: 'collector-refuses',
  remark: 'collector-says',
} as const;

const FIX = 'See that it is up, and check the endpoint; what ends meanwhile waits.';
const HELD_FIX =
  'Check the key in the headers, the endpoint and its path; a headers file is read again. Everything waits until then.';
const hintOf = (ms: number) =>
  `Raise OTEL_EXPORTER_OTLP_TIMEOUT if the collector is slow: it is ${ms} milliseconds. What is sent again may arrive twice.`;

/** The time between a failure and the next try: ours, growing with each failure in a row, or the one the collector named. */
export class Pause {
  readonly #ports: SpoolPorts;
  readonly #warn: Warn;
  #until = 0;
  /** How far each kind of failure has come since the last success: two kinds that alternate are no two short outages. */
  readonly #progress = new Map<Backoff, Backoff>();
  /** Named by the collector. */
  #ordered = false;
  readonly #warnedAt = new Map<string, number>();

  constructor(ports: SpoolPorts, warn: Warn) {
    this.#ports = ports;
    this.#warn = warn;
  }

  /** The last request failed. */
  get failing(): boolean {
    return this.#progress.size > 0;
  }

  /** Milliseconds to wait yet; 0 or less: none. */
  left(): number {
    return this.#until - this.#ports.now();
  }

  /** After a refusal that has nothing to do with what was sent. */
  hold(reason: string, fix = HELD_FIX): void {
    const text = `the collector refuses everything: ${reason}`;
    this.#warnOnce('held', text, fix);
    this.#wait(HELD, undefined);
  }

  /** The collector took everything, and has something to say. */
  remark(message: string): void {
    this.#warnOnce('remark', `the collector took everything, and says: ${message}`, "See the collector's log.");
  }

  /** After a failure. @param setMs the time of a request as it was set */
  begin(outcome: Extract<Outcome, { type: 'retry' }>, setMs: number): void {
    const text = `the collector takes nothing: ${outcome.reason}`;
    if (outcome.timedOut) this.#warnOnce('slow', text, hintOf(setMs));
    else if (!this.failing) this.#warnOnce('gone', text, outcome.fix ?? FIX);
    // No time at all, or a date that has passed by its clock, would be a request after the other.
    this.#wait(kindOf(outcome), outcome.afterMs || undefined);
  }

  /** After a success. */
  end(): void {
    this.#progress.clear();
    this.#until = 0;
    this.#ordered = false;
  }

  /** No longer waits, unless the collector asked for it. */
  cutShort(): void {
    if (!this.#ordered) this.#until = 0;
  }

  #wait(kind: Backoff, orderedMs: number | undefined): void {
    const backoff = this.#progress.get(kind)?.next() ?? kind;
    this.#progress.set(kind, backoff);
    this.#ordered = orderedMs !== undefined;
    this.#until = this.#ports.now() + Math.min(orderedMs ?? backoff.ms(this.#ports.random()), MAX_RETRY_AFTER_MS);
  }

  /** Once an outage, and not for each of many short ones. */
  #warnOnce(kind: keyof typeof EVENTS, text: string, fix: string): void {
    const now = this.#ports.now();
    if (now - (this.#warnedAt.get(kind) ?? Number.NEGATIVE_INFINITY) < OUTAGE_WARNING_MS) return;
    this.#warnedAt.set(kind, now);
    this.#warn(text, fix, EVENTS[kind]);
  }
}

function kindOf({ overloaded, reached }: Extract<Outcome, { type: 'retry' }>): Backoff {
  if (overloaded) return OVERLOADED;
  return reached ? HUNG_UP : GONE;
}
