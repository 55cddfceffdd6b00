import { type Context, context } from '@opentelemetry/api';
import { API_GLOBAL, type ApiTable, processWide } from '../../contract/process-wide.js';

let table: ApiTable | undefined;

/** To be called once a request: an app may register a context manager of its own, and who registers makes a new table. */
export function lookAtTable(): void {
  table = processWide[API_GLOBAL];
}

/**
 * Runs it in that context, as `context.with` does. That looks up the table of what is registered on the global object, three times,
 * which costs half a microsecond each time.
 */
export function enter<T>(active: Context, run: () => T): T {
  const manager = table?.context;
  return manager === undefined ? context.with(active, run) : manager.with(active, run);
}
