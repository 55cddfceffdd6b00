import type { IncomingMessage } from 'node:http';
import { type Attributes, diag } from '@opentelemetry/api';
import { DEFAULT_QUERY_STRINGS_TO_REDACT } from '@opentelemetry/instrumentation-http/build/src/internal-types.js';
import { getIncomingRequestAttributes } from '@opentelemetry/instrumentation-http/build/src/utils.js';

export type Scheme = 'http' | 'https';

const REDACTED = [...DEFAULT_QUERY_STRINGS_TO_REDACT];
const logger = diag.createComponentLogger({ namespace: 'kf-cluster/http' });

/** Methods as they stand in almost every request; the rest is looked at more closely. */
const METHODS = new Set(['GET', 'HEAD', 'POST', 'PUT', 'DELETE', 'OPTIONS', 'PATCH']);
/** A path that a URL parser leaves as it is: nothing to encode, no empty host, no dots to resolve. */
const PLAIN_PATH = /^\/(?!\/)[\w\-.~!$&'()*+,;=:@/]*$/;
/** A query that URLSearchParams writes as it reads it. */
const PLAIN_QUERY = /^[\w*.-]+=[\w*.-]*(?:&[\w*.-]+=[\w*.-]*)*$/;
const PLAIN_IPV4 = /^(?:0|[1-9]\d{0,2})(?:\.(?:0|[1-9]\d{0,2})){3}$/;

/**
 * What a SERVER span says of its request. By the shortest way for requests like most, and by upstream's own function for the
 * rest: with the same attributes in the same order.
 */
export function attributesOf(request: IncomingMessage, scheme: Scheme): Attributes {
  return plainAttributes(request, scheme) ?? upstreamAttributes(request, scheme);
}

function upstreamAttributes(request: IncomingMessage, component: Scheme): Attributes {
  const options = { component, enableSyntheticSourceDetection: false, redactedQueryParams: REDACTED };
  return getIncomingRequestAttributes(request, options, logger);
}

/** Undefined for a request that needs more than copying. None of its values is undefined. */
export function plainAttributes(request: IncomingMessage, scheme: Scheme): Attributes | undefined {
  const { method, url, headers, socket } = request;
  const host = headers.host === undefined ? undefined : hostOf(headers.host, scheme);
  if (host === undefined || method === undefined || !METHODS.has(method) || url === undefined) return undefined;
  if (headers.forwarded !== undefined || headers['x-forwarded-host'] !== undefined) return undefined;
  const mark = url.indexOf('?');
  const path = mark < 0 ? url : url.slice(0, mark);
  const query = mark < 0 ? undefined : url.slice(mark + 1);
  if (!PLAIN_PATH.test(path) || path.includes('/.')) return undefined;
  if (query !== undefined && (!PLAIN_QUERY.test(query) || isSecret(query))) return undefined;
  const { remoteAddress, remotePort } = socket;
  const client = clientOf(headers['x-forwarded-for'], remoteAddress);
  if (client === undefined || remoteAddress === undefined || remotePort === undefined) return undefined;
  const attributes: Attributes = {
    'http.request.method': method,
    'url.scheme': scheme,
    'server.address': host.address,
    'network.peer.address': remoteAddress,
    'network.peer.port': remotePort,
    'network.protocol.version': request.httpVersion,
  };
  const agent = headers['user-agent'];
  if (agent !== undefined) attributes['user_agent.original'] = agent;
  attributes['url.path'] = path;
  if (query !== undefined) attributes['url.query'] = query;
  attributes['client.address'] = client;
  attributes['server.port'] = host.port;
  return attributes;
}

interface Host {
  readonly address: string;
  readonly port: number;
}

/** Few hosts are asked for again and again; more than that, and somebody makes them up. */
const MOST_HOSTS = 100;
const hosts = new Map<string, Host | undefined>();
/** Of the request before: most come to the same, and to compare two texts costs less than to look one up. */
let last: { readonly text: string; readonly scheme: Scheme; readonly host: Host | undefined } | undefined;

/** Undefined for one that is no plain name with or without a port. */
function hostOf(text: string, scheme: Scheme): Host | undefined {
  if (last?.text !== text || last.scheme !== scheme) last = { text, scheme, host: lookUp(text, scheme) };
  return last.host;
}

function lookUp(text: string, scheme: Scheme): Host | undefined {
  const key = scheme === 'https' ? `s${text}` : text;
  const known = hosts.get(key);
  if (known !== undefined || hosts.has(key)) return known;
  const [, address = '', port] = /^([\w.-]+)(?::(\d{1,5}))?$/.exec(text) ?? [];
  const plain = address !== '' && URL.canParse(`${scheme}://${text}`);
  const host = plain ? { address, port: Number(port ?? (scheme === 'http' ? '80' : '443')) } : undefined;
  if (hosts.size >= MOST_HOSTS) hosts.clear();
  hosts.set(key, host);
  return host;
}

/** Undefined where an address has to be parsed. */
function clientOf(forwardedFor: string | string[] | undefined, remoteAddress: string | undefined): string | undefined {
  if (forwardedFor === undefined || forwardedFor === '') return remoteAddress;
  if (typeof forwardedFor !== 'string') return undefined;
  const comma = forwardedFor.indexOf(',');
  const first = (comma < 0 ? forwardedFor : forwardedFor.slice(0, comma)).trim();
  return PLAIN_IPV4.test(first) ? first : undefined;
}

function isSecret(query: string): boolean {
  return REDACTED.some((name) => query.includes(`${name}=`));
}
