import type { TracerProvider } from '@opentelemetry/api';

const own = new WeakSet<TracerProvider>();

/** Says that no processor of this provider reads the attributes of a span at its start. */
export function markOwnProvider(provider: TracerProvider): void {
  own.add(provider);
}

/** Whether spans of it may start without attributes: it is not an app's. */
export function isOwnProvider(provider: TracerProvider): boolean {
  return own.has(provider);
}
