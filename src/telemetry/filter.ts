import { type Env, listOf, textOf } from '../otel-env/read.js';

/** OTEL_NODE_ENABLED_INSTRUMENTATIONS names the only ones; OTEL_NODE_DISABLED_INSTRUMENTATIONS takes some away. */
export function createFilter(env: Env): (name: string) => boolean {
  const enabled = listOf(textOf(env, 'OTEL_NODE_ENABLED_INSTRUMENTATIONS'));
  const disabled = listOf(textOf(env, 'OTEL_NODE_DISABLED_INSTRUMENTATIONS'));
  return (name) => (enabled.length === 0 || enabled.includes(name)) && !disabled.includes(name);
}
