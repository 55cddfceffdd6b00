import test from 'ava';
import type { OtlpProtocol } from '../../src/contract/otlp-protocols.js';
import { proxyFor } from '../../src/otel-env/proxy.js';

const through = (env: Record<string, string>, url: string, protocol: OtlpProtocol = 'http/protobuf') =>
  proxyFor(env, protocol, url).proxy?.host;

test('the proxy is named by the scheme of the endpoint, lower case first', (t) => {
  const env = { https_proxy: 'http://s:1', HTTPS_PROXY: 'http://S:9', HTTP_PROXY: 'p:2', ALL_PROXY: 'http://all:3' };
  t.is(through(env, 'https://c/v1/traces'), 's:1');
  t.is(through(env, 'http://c:4318/v1/traces'), 'p:2');
  t.is(through({ ALL_PROXY: 'http://all:3' }, 'https://c'), 'all:3');
  t.is(through({}, 'https://c'), undefined);
});

test('gRPC has a variable of its own, which HTTP does not read', (t) => {
  const env = { GRPC_PROXY: 'http://g:1', no_grpc_proxy: 'direct' };
  t.is(through(env, 'https://c', 'grpc'), 'g:1');
  t.is(through(env, 'https://direct:4317', 'grpc'), undefined);
  t.is(through(env, 'https://c'), undefined);
});

test('this machine and a unix socket are reached directly', (t) => {
  const env = { ALL_PROXY: 'http://p:1' };
  for (const url of ['http://localhost:4318', 'http://127.0.0.2:1', 'http://[::1]:1', 'unix:/run/otlp.sock']) {
    t.is(through(env, url), undefined, url);
  }
});

for (const [list, reached, proxied] of [
  ['*', 'https://c', undefined],
  ['c.example', 'https://c.example:4318', 'https://ac.example'],
  ['.example', 'https://a.b.example', 'https://example.org'],
  ['*.example', 'https://a.example', 'https://c'],
  ['C.Example:4318', 'https://c.example:4318', 'https://c.example:4319'],
  ['c:443', 'https://c', 'https://c:444'],
  ['10.0.0.0/8, d', 'https://10.1.2.3', 'https://11.1.2.3'],
  ['10.1.2.3', 'https://10.1.2.3', 'https://110.1.2.3'],
  ['fd00::/8', 'https://[fd00::1]', 'https://[fe00::1]'],
  ['10.0.0.0/99, x', 'https://x', 'https://10.1.2.3'],
] as const) {
  test(`NO_PROXY=${list}`, (t) => {
    const env = { HTTPS_PROXY: 'http://p:1', NO_PROXY: list };
    t.is(through(env, reached), undefined);
    if (proxied) t.is(through(env, proxied), 'p:1');
  });
}

test('what is no HTTP proxy is not used, and said, without its password', (t) => {
  const { proxy, note } = proxyFor({ https_proxy: 'socks5://me:pw@p:1080' }, 'grpc', 'https://c');
  t.is(proxy, undefined);
  t.regex(note!, /https_proxy names no http/);
  t.notRegex(note!, /pw/);
});
