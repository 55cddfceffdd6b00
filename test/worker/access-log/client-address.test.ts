import test from 'ava';
import { clientAddresses } from '../../../src/worker/access-log/client-address.js';

test('without proxies that are trusted nobody says who the client is but the connection', (t) => {
  const clientOf = clientAddresses([]);
  t.is(clientOf('10.0.0.1', '1.1.1.1'), '10.0.0.1');
  t.is(clientOf('::ffff:10.0.0.1', undefined), '10.0.0.1', 'IPv4 over a socket of IPv6');
  t.is(clientOf('', undefined), '-', 'a unix socket');
});

const clientOf = clientAddresses(['10.0.0.0/8', '192.168.1.1']);
for (const [what, peer, forwarded, client] of [
  ['the client of a trusted proxy', '10.0.0.1', '1.1.1.1', '1.1.1.1'],
  ['the last that is none of the trusted', '10.0.0.1', '6.6.6.6, 1.1.1.1, 10.0.0.2, 192.168.1.1', '1.1.1.1'],
  ['what stands in front of it may be invented', '10.0.0.1', '9.9.9.9, 1.1.1.1', '1.1.1.1'],
  ['a peer that is not trusted says nothing of others', '8.8.8.8', '1.1.1.1', '8.8.8.8'],
  ['a unix socket is a proxy of this machine', '', '1.1.1.1', '1.1.1.1'],
  ['a proxy that says nothing', '10.0.0.1', undefined, '10.0.0.1'],
  ['an empty header', '10.0.0.1', '', '10.0.0.1'],
  ['what is no address ends the way', '10.0.0.1', '1.1.1.1, unknown, 10.0.0.2', '10.0.0.2'],
  ['only proxies: the one farthest away', '10.0.0.1', '10.0.0.3, 10.0.0.2', '10.0.0.3'],
  ['an address of IPv6', '10.0.0.1', '2001:db8::1', '2001:db8::1'],
  ['an address with a port', '10.0.0.1', '1.1.1.1:51234, 10.0.0.2:80', '1.1.1.1'],
  ['one of IPv6 with a port', '10.0.0.1', '[2001:db8::1]:51234', '2001:db8::1'],
  ['one of IPv6 in brackets', '10.0.0.1', '[2001:db8::1]', '2001:db8::1'],
  ['a port that is none', '10.0.0.1', '1.1.1.1:x', '10.0.0.1'],
] as const) {
  test(what, (t) => t.is(clientOf(peer, forwarded), client));
}

test('verdicts are kept for so many addresses and no more, and stay right', (t) => {
  const of = clientAddresses(['10.0.0.0/8']);
  for (let i = 0; i < 5_000; i++) {
    const client = `1.2.${i >> 8}.${i & 255}`;
    if (of('10.0.0.1', client) !== client) return t.fail(client);
  }
  t.is(of('10.0.0.1', '10.1.1.1'), '10.1.1.1');
});
