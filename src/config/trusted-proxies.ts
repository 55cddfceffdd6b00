import { BlockList, isIP } from 'node:net';
import { KfError } from '../contract/errors.js';

const NAMES: Readonly<Record<string, readonly string[]>> = {
  loopback: ['127.0.0.0/8', '::1/128'],
  private: ['10.0.0.0/8', '172.16.0.0/12', '192.168.0.0/16', 'fc00::/7', 'fe80::/10', '169.254.0.0/16'],
  '*': ['0.0.0.0/0', '::/0'],
};

/**
 * Whether an address is that of a proxy in a list.
 * @throws KfError CONFIG_INVALID for what is no address and no network
 */
export function trustedProxies(list: readonly string[]): (address: string) => boolean {
  if (list.length === 0) return () => false; // node:net loads its lists of addresses when they are asked for
  const trusted = new BlockList();
  for (const item of list.flatMap((one) => one.split(',')).flatMap((one) => NAMES[one.trim()] ?? [one.trim()]))
    add(trusted, item);
  return (address) => {
    const family = isIP(address);
    return family !== 0 && trusted.check(address, family === 6 ? 'ipv6' : 'ipv4');
  };
}

function add(trusted: BlockList, item: string): void {
  const [address = '', bits, ...rest] = item.split('/');
  const family = isIP(address);
  const most = family === 6 ? 128 : 32;
  const prefix = bits === undefined ? most : /^\d{1,3}$/.test(bits) ? Number(bits) : Number.NaN;
  if (family === 0 || rest.length > 0 || !(prefix <= most)) {
    throw new KfError('CONFIG_INVALID', `--access-log-trust has ${JSON.stringify(item)}`, 'it is no IP address', {
      fix: 'Give addresses or networks, such as 10.0.0.7,10.1.0.0/16, or loopback, private or *.',
    });
  }
  trusted.addSubnet(address, prefix, family === 6 ? 'ipv6' : 'ipv4');
}
