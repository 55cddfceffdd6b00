import { isIP } from 'node:net';

/**
 * Whether a request was meant for this machine by the name it calls us. A page whose name was made to lead to 127.0.0.1 (DNS
 * rebinding) calls us by that name; an address cannot be made to lead anywhere.
 *
 * @param host of the Host header or `:authority`, with its port
 */
export function isOurName(host: string | undefined, own: string): boolean {
  const name = (host ?? '').toLowerCase().replace(/:\d*$/, '');
  const bare = name.replace(/^\[(.*)\]$/, '$1');
  return bare === own.toLowerCase() || isIP(bare) !== 0 || bare === 'localhost' || bare.endsWith('.localhost');
}
