import { type Backoff, GONE, OVERLOADED } from './backoff.js';
import type { Outcome } from './outcome.js';
import type { SpoolPorts, Warn } from './ports.js';

/** Between two warnings that the collector is gone. */
const OUTAGE_WARNING_MS = 60_000;
/** A collector cannot silence us for longer. */
const MAX_RETRY_AFTER_MS = 300_000;

const FIX = 'See that it is up, and check the endpoint; what ends meanwhile waits.';
const hintOf = (ms: number) =>
  `Raise OTEL_EXPORTER_OTLP_TIMEOUT if the collector is slow: it is ${ms} milliseconds. What is sent again may arrive twice.`;

/** The time between a failure and the next try: ours, growing with each failure in a row, or the one the collector named. */
export class Pause {
  readonly #ports: SpoolPorts;
  readonly #warn: Warn;
  #until = 0;
  #backoff: Backoff | undefined;
  /** The policy it began with. */
  #kind: Backoff = GONE;
  /** Named by the collector. */
  #told = false;
  readonly #warnedAt = new Map<string, number>();

  constructor(ports: SpoolPorts, warn: Warn) {
    this.#ports = ports;
    this.#warn = warn;
  }

  /** The last request failed. */
  get failing(): boolean {
    return this.#backoff !== undefined;
  }

  /** Milliseconds to wait yet; 0 or less: none. */
  left(): number {
    return this.#until - this.#ports.now();
  }

  /** After a failure. @param setMs the time of a request as it was set */
  begin(outcome: Extract<Outcome, { type: 'retry' }>, setMs: number): void {
    if (outcome.timedOut) this.#warnOnce('slow', outcome.reason, hintOf(setMs));
    else if (!this.failing) this.#warnOnce('gone', outcome.reason, FIX);
    const kind = outcome.overloaded ? OVERLOADED : GONE;
    this.#backoff = this.#backoff && this.#kind === kind ? this.#backoff.next() : kind;
    this.#kind = kind;
    this.#told = outcome.afterMs !== undefined;
    const ms = outcome.afterMs === undefined ? this.#backoff.ms(this.#ports.random()) : outcome.afterMs;
    this.#until = this.#ports.now() + Math.min(ms, MAX_RETRY_AFTER_MS);
  }

  /** After a success. */
  end(): void {
    this.#backoff = undefined;
    this.#until = 0;
    this.#told = false;
  }

  /** No longer waits, unless the collector asked for it. */
  cutShort(): void {
    if (!this.#told) this.#until = 0;
  }

  /** Once an outage, and not for each of many short ones. */
  #warnOnce(kind: 'slow' | 'gone', reason: string, fix: string): void {
    const now = this.#ports.now();
    if (now - (this.#warnedAt.get(kind) ?? Number.NEGATIVE_INFINITY) < OUTAGE_WARNING_MS) return;
    this.#warnedAt.set(kind, now);
    this.#warn(`the collector takes nothing: ${reason}`, fix);
  }
}
