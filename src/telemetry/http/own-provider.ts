import type { TracerProvider } from '@opentelemetry/api';

interface OwnProvider {
  /** Whether the SDK counts its spans. */
  readonly counted: boolean;
}

const own = new WeakMap<TracerProvider, OwnProvider>();

/** Says that no processor of this provider reads the attributes of a span at its start. */
export function markOwnProvider(provider: TracerProvider, what: OwnProvider): void {
  own.set(provider, what);
}

/** Spans of it may start without attributes: it is not an app's. Undefined for one that is. */
export function ownProvider(provider: TracerProvider): OwnProvider | undefined {
  return own.get(provider);
}
