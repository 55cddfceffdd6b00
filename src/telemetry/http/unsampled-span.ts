import { type Span, type SpanContext, TraceFlags } from '@opentelemetry/api';
import type { LateIds } from '../ids.js';

/**
 * The span of a request without a parent that is not sampled. Its ids are made when somebody asks for them (a line of the log, a
 * request that goes out): most requests end before, and two ids cost as much as the rest of an unsampled request.
 */
export class UnsampledSpan implements Span {
  readonly #ids: LateIds;
  readonly #word: number;
  #context: SpanContext | undefined;

  /** `word`: by which it was decided, and which its trace id has to have, as other services decide by that. */
  constructor(ids: LateIds, word: number) {
    this.#ids = ids;
    this.#word = word;
    this.#context = undefined;
  }

  spanContext(): SpanContext {
    this.#context ??= {
      traceId: this.#ids.traceIdOf(this.#word),
      spanId: this.#ids.generateSpanId(),
      traceFlags: TraceFlags.NONE,
    };
    return this.#context;
  }

  setAttribute(): this {
    return this;
  }

  setAttributes(): this {
    return this;
  }

  addEvent(): this {
    return this;
  }

  addLink(): this {
    return this;
  }

  addLinks(): this {
    return this;
  }

  setStatus(): this {
    return this;
  }

  updateName(): this {
    return this;
  }

  end(): void {
    // There is nothing to send.
  }

  isRecording(): boolean {
    return false;
  }

  recordException(): void {
    // As above.
  }
}
