import { KfError } from '../contract/errors.js';

/** Where every copy of @opentelemetry/api 1.x keeps what was registered. */
const API_GLOBAL = Symbol.for('opentelemetry.js.api.1');

/**
 * Refuses to fork from a primary that holds a tracer provider.
 *
 * @throws KfError PROVIDER_IN_PRIMARY
 */
export function refuseProviderInPrimary(): void {
  const registered = (globalThis as { [API_GLOBAL]?: { trace?: unknown } })[API_GLOBAL];
  if (registered?.trace === undefined) return;
  throw new KfError(
    'PROVIDER_IN_PRIMARY',
    'a TracerProvider is registered in the primary, before the first fork',
    'a forked Node worker starts fresh and gets no copy of it: its spans would go nowhere, and where the same set-up ' +
      'file runs in every process, all report one service.instance.id and the app loads before it is instrumented',
    {
      fix:
        'build the provider in postFork(worker) { worker.register(provider) }, or leave it to the built-in telemetry ' +
        'and remove the set-up (also from NODE_OPTIONS and --import); see docs/FORK_SAFETY.md',
    },
  );
}
