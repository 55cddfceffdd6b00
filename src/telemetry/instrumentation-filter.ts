import { type Env, read } from '../otel-env/read-variable.js';

/** OTEL_NODE_ENABLED_INSTRUMENTATIONS names the only ones; OTEL_NODE_DISABLED_INSTRUMENTATIONS takes some away. */
export function createFilter(env: Env): (name: string) => boolean {
  const enabled = read(env, 'OTEL_NODE_ENABLED_INSTRUMENTATIONS');
  const disabled = read(env, 'OTEL_NODE_DISABLED_INSTRUMENTATIONS');
  return (name) => (enabled?.includes(name) ?? true) && !disabled?.includes(name);
}
