import { type Context, createContextKey, type Span, trace } from '@opentelemetry/api';
import { type RPCMetadata, setRPCMetadata } from '@opentelemetry/core';

/** The keys of `trace.setSpan` and `setRPCMetadata`: the api gives out the same symbol for the same name. */
const SPAN = createContextKey('OpenTelemetry Context Key SPAN');
const METADATA = createContextKey('OpenTelemetry SDK Context Key RPC_METADATA');

/**
 * The context of a request: its parent's, with its span and the place where routers put the route. The api's own contexts
 * are a map and three functions each, and each value makes a new one: two of them were a tenth of what an unsampled request
 * cost.
 */
export class RequestContext implements Context {
  readonly #parent: Context;
  readonly #span: Span;
  readonly #metadata: RPCMetadata;

  constructor(parent: Context, span: Span, metadata: RPCMetadata) {
    this.#parent = parent;
    this.#span = span;
    this.#metadata = metadata;
  }

  getValue(key: symbol): unknown {
    if (key === SPAN) return this.#span;
    if (key === METADATA) return this.#metadata;
    return this.#parent.getValue(key);
  }

  setValue(key: symbol, value: unknown): Context {
    return this.#ofTheApi().setValue(key, value);
  }

  deleteValue(key: symbol): Context {
    return this.#ofTheApi().deleteValue(key);
  }

  #ofTheApi(): Context {
    return setRPCMetadata(trace.setSpan(this.#parent, this.#span), this.#metadata);
  }
}
