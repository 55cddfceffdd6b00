import { KfError } from '../contract/errors.js';
import { API_GLOBAL, processWide as globals, LOGS_GLOBAL } from '../contract/process-wide.js';
import type { InjectedSdk } from './injected.js';

/** Whether a tracer provider is registered in this process. */
function hasProvider(): boolean {
  return globals[API_GLOBAL]?.trace !== undefined;
}

/** Sets an injected SDK aside, if there is one; see injected.ts, which a start without one does not run. */
export async function setAside({ inCode }: { readonly inCode: boolean }): Promise<InjectedSdk | undefined> {
  return hasProvider() ? (await import('./injected.js')).setInjectedSdkAside(inCode) : undefined;
}

/** Takes the registered providers away and shuts them down; what they still send is not waited for. */
export function shutProviderDown(): void {
  const { trace, metrics, context } = globals[API_GLOBAL] ?? {};
  context?.disable?.();
  delete globals[API_GLOBAL];
  delete globals[LOGS_GLOBAL];
  for (const provider of [trace?.getDelegate?.() ?? trace, metrics]) {
    // It has a collector that may be gone; whoever injected it does not learn of it either when the process ends.
    void (async () => provider?.shutdown?.())().catch(() => undefined);
  }
}

/**
 * Refuses to fork from a primary that holds a tracer provider.
 *
 * @throws KfError PROVIDER_IN_PRIMARY
 */
export function refuseProviderInPrimary(): void {
  if (!hasProvider()) return;
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
