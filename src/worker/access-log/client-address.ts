import { isIP } from 'node:net';
import { trustedProxies } from '../../config/trusted-proxies.js';

/** How many verdicts are kept: a client of which a proxy says its address each time is another one each time. */
const MOST = 1_000;

/**
 * Whose request it is. Without proxies that are trusted: who has the connection. With them the last address of
 * X-Forwarded-For that is none of theirs, for what stands in front of it anybody may have written.
 */
export function clientAddresses(trusted: readonly string[]): (peer: string, forwarded: string | undefined) => string {
  if (trusted.length === 0) return plain;
  const judge = trustedProxies(trusted);
  const verdicts = new Map<string, boolean>();
  const isTrusted = (address: string) => {
    const known = verdicts.get(address);
    if (known !== undefined) return known;
    if (verdicts.size >= MOST) verdicts.clear();
    const verdict = judge(address);
    verdicts.set(address, verdict);
    return verdict;
  };
  return (peer, forwarded) => {
    let client = plain(peer);
    if (forwarded === undefined) return client;
    const hops = forwarded.split(',');
    while (hops.length > 0 && (client === UNIX || isTrusted(client))) {
      const hop = plain(withoutPort((hops.pop() ?? '').trim()));
      if (isIP(hop) === 0) break; // nobody knows what stands in front of it
      client = hop;
    }
    return client;
  };
}

/** On a unix socket there is no address; whoever can connect there is a proxy of this machine. */
const UNIX = '-';

/** Azure's gateways write the client's port behind its address; around one of IPv6 there are brackets then. */
function withoutPort(hop: string): string {
  const [, bracketed, dotted] = /^(?:\[([^\]]+)\](?::\d+)?|(\d+\.\d+\.\d+\.\d+):\d+)$/.exec(hop) ?? [];
  return bracketed ?? dotted ?? hop;
}

/** An IPv4 address as such, also where it comes over a socket of IPv6. */
function plain(address: string): string {
  if (address === '') return UNIX;
  return address.startsWith('::ffff:') ? address.slice(7) : address;
}
