import type { Identity } from '../contract/control-protocol.js';

/** How long a supervisor may take to say who it is, in milliseconds. */
const PATIENCE = 2_000;

/** Who listens on a control socket. Rejects when nobody answers. */
export async function identify(path: string): Promise<Identity> {
  // The primary comes here only when its name is taken: it does not load an HTTP client to start.
  const { call } = await import('./client.js');
  return call<Identity>(path, { path: '/v1', patience: PATIENCE });
}
