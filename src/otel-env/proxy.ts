import { BlockList, isIP } from 'node:net';
import { isOverGrpc, type OtlpProtocol } from '../contract/otlp-protocols.js';
import type { Env } from './read-variable.js';

/** A proxy to be gone through, or why one that is named is not. */
interface ProxyChoice {
  readonly proxy: URL | undefined;
  /** For the log. */
  readonly note: string | undefined;
}

const NONE: ProxyChoice = { proxy: undefined, note: undefined };

/**
 * The proxy for a collector, by the variables that curl, Go and gRPC read, lower case first: `grpc_proxy` for gRPC, then
 * `https_proxy` or `http_proxy` by the scheme of the endpoint, then `all_proxy`; none for what `no_proxy` lists, for this
 * machine and for a unix socket.
 *
 * @param url the endpoint, with its scheme
 */
export function proxyFor(env: Env, protocol: OtlpProtocol, url: string): ProxyChoice {
  if (!URL.canParse(url)) return NONE;
  const target = new URL(url);
  if (!/^https?:$/.test(target.protocol) || isLoopback(target.hostname)) return NONE;
  const names = [...(isOverGrpc(protocol) ? ['grpc_proxy'] : []), `${target.protocol.slice(0, -1)}_proxy`, 'all_proxy'];
  const name = names.flatMap(bothCases).find((one) => env[one]?.trim());
  const text = name && env[name]?.trim();
  if (name === undefined || !text || isExempt(env, protocol, target)) return NONE;
  const proxy = parse(text);
  if (proxy) return { proxy, note: undefined };
  const note = `${name} names no http:// or https:// proxy, and is not used for ${target.host}`;
  return { proxy: undefined, note };
}

const bothCases = (name: string) => [name, name.toUpperCase()];

/** A host without a scheme is one over http, as for curl. */
function parse(text: string): URL | undefined {
  const whole = /^[a-z][a-z0-9+.-]*:\/\//i.test(text) ? text : `http://${text}`;
  if (!URL.canParse(whole)) return undefined;
  const url = new URL(whole);
  return /^https?:$/.test(url.protocol) && url.hostname ? url : undefined;
}

/** The agent beside the app is not behind the proxy, whatever somebody forgot to list. */
function isLoopback(hostname: string): boolean {
  return hostname === 'localhost' || hostname.endsWith('.localhost') || hostname === '[::1]' || /^127\./.test(hostname);
}

/** By `*`, a name and those below it, an address or a network, each with or without a port. */
function isExempt(env: Env, protocol: OtlpProtocol, target: URL): boolean {
  const names = [...(isOverGrpc(protocol) ? ['no_grpc_proxy'] : []), 'no_proxy'].flatMap(bothCases);
  const name = names.find((one) => env[one]?.trim());
  const items = (name && env[name]?.split(/[\s,]+/)) || [];
  const port = target.port || (target.protocol === 'https:' ? '443' : '80');
  return items.some((item) => item !== '' && matches(item.toLowerCase(), bare(target.hostname), port));
}

const bare = (hostname: string) => hostname.replace(/^\[|\]$/g, '').toLowerCase();

function matches(item: string, host: string, port: string): boolean {
  if (item === '*') return true;
  if (item.includes('/')) return isInside(item, host);
  const [, name = item, only] = /^(\[[^\]]*\]|[^:]*)(?::(\d+))?$/.exec(item) ?? [];
  if (only !== undefined && only !== port) return false;
  const wanted = bare(name).replace(/^\*?\./, '');
  return host === wanted || (isIP(host) === 0 && host.endsWith(`.${wanted}`));
}

function isInside(network: string, host: string): boolean {
  const [address = '', bits = ''] = network.split('/');
  const kind = isIP(address);
  if (kind === 0 || kind !== isIP(host) || !/^\d{1,3}$/.test(bits) || Number(bits) > (kind === 4 ? 32 : 128))
    return false;
  const family = kind === 4 ? 'ipv4' : 'ipv6';
  const list = new BlockList();
  list.addSubnet(address, Number(bits), family);
  return list.check(host, family);
}
