import type { AttributeValue } from '@opentelemetry/api';
import type { SpanProcessor } from '@opentelemetry/sdk-trace-node';
import { type Env, read } from '../../otel-env/read-variable.js';

/** The names of HTTP's attributes before the semantic conventions were stable, by those of today. */
const OLD: Readonly<Record<string, string>> = {
  'http.request.method': 'http.method',
  'http.response.status_code': 'http.status_code',
  'url.full': 'http.url',
  'url.scheme': 'http.scheme',
  'user_agent.original': 'http.user_agent',
  'client.address': 'http.client_ip',
  'network.protocol.version': 'http.flavor',
  'network.peer.address': 'net.sock.peer.addr',
  'network.peer.port': 'net.sock.peer.port',
};
/** Kinds of spans as the SDK numbers them: SERVER 1, CLIENT 2. */
const HOST: readonly (string | undefined)[] = [undefined, 'net.host', 'net.peer'];

/**
 * With `http/dup` in OTEL_SEMCONV_STABILITY_OPT_IN each HTTP span has its attributes under the old names too. The stable ones
 * are there in any case: the instrumentations know no others. Undefined without it.
 */
export function oldNames(env: Env): SpanProcessor | undefined {
  if (!read(env, 'OTEL_SEMCONV_STABILITY_OPT_IN')?.includes('http/dup')) return undefined;
  const done = () => Promise.resolve();
  return {
    onStart: () => undefined,
    // The last moment at which a span takes attributes.
    onEnding: (span) => void span.setAttributes(named(span.attributes, HOST[span.kind])),
    onEnd: () => undefined,
    forceFlush: done,
    shutdown: done,
  };
}

type Known = Readonly<Record<string, AttributeValue | undefined>>;

function named(attributes: Known, host: string | undefined): Record<string, AttributeValue> {
  if (host === undefined || attributes['http.request.method'] === undefined) return {};
  const { 'url.path': path, 'url.query': query, 'server.address': name, 'server.port': port } = attributes;
  const found: Record<string, AttributeValue | undefined> = {
    ...Object.fromEntries(Object.entries(OLD).map(([today, old]) => [old, attributes[today]])),
    ...(path !== undefined && { 'http.target': query ? `${path}?${String(query).replace(/^\?/, '')}` : path }),
    ...{ [`${host}.name`]: name, [`${host}.port`]: port },
  };
  return Object.fromEntries(
    Object.entries(found).filter((entry): entry is [string, AttributeValue] => entry[1] !== undefined),
  );
}
