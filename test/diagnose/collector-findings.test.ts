import test from 'ava';
import { runChecks } from '../../src/diagnose/check.js';
import { COLLECTOR_CHECKS } from '../../src/diagnose/collector/collector-checks.js';
import type { Probed, SignalProbe } from '../../src/diagnose/collector/collector-probe.js';
import { newIds } from '../../src/diagnose/collector/payload.js';
import type { Handshake } from '../../src/diagnose/collector/place.js';

const PLACE = { host: 'collector.example', port: 4317, path: undefined, secure: true };
const ITEM = { service: 'shop', name: 'kf-cluster doctor', ...newIds() };
const ACCEPTED = { type: 'accepted', rejected: 0, message: '' } as const;
const GOOD_TLS: Handshake = {
  ...{ code: undefined, message: '', alpn: 'h2', subject: 'collector.example', issuer: 'CA' },
  names: 'DNS:collector.example',
  validTo: new Date(Date.now() + 90 * 86_400_000).toUTCString(),
};

/** The findings of a probe that met this. What is not said went well. */
async function find(fields: object, env: Record<string, string> = {}) {
  const probe = {
    signal: 'traces',
    target: { protocol: 'grpc', shown: 'https://collector.example:4317', endpointFrom: 'OTEL_EXPORTER_OTLP_ENDPOINT' },
    place: PLACE,
    proxied: false,
    headers: [],
    reached: [{ address: '192.0.2.1', error: undefined }],
    tls: GOOD_TLS,
    empty: ACCEPTED,
    sent: { outcome: ACCEPTED, ms: 3, item: ITEM },
    ...fields,
  } as unknown as SignalProbe;
  const found = await runChecks(COLLECTOR_CHECKS, { env, signals: [probe] } satisfies Probed);
  return found
    .filter(({ severity }) => severity !== 'information')
    .map(({ id, what, why, fix }) => ({ id, text: `${what}; ${why}; ${fix}` }));
}
const tls = (fields: Partial<Handshake>) => ({ tls: { ...GOOD_TLS, ...fields }, empty: undefined, sent: undefined });
const NO_ONE = {
  reached: [{ address: '192.0.2.1', error: 'ECONNREFUSED' }],
  empty: undefined,
  sent: undefined,
  tls: undefined,
};
const GRPC_AT = { protocol: 'grpc', url: 'http://collector.example:4317', answered: true };

const CASES: readonly (readonly [
  what: string,
  fields: object,
  id: string,
  says: RegExp,
  env?: Record<string, string>,
])[] = [
  [
    'an authority that is not trusted',
    tls({ code: 'SELF_SIGNED_CERT_IN_CHAIN', message: 'self-signed' }),
    'tls-chain',
    /issued by CA/,
  ],
  [
    'an issuer without a name',
    tls({ code: 'UNABLE_TO_GET_ISSUER_CERT', issuer: undefined }),
    'tls-chain',
    /nobody who is named/,
  ],
  ['a certificate that has expired', tls({ code: 'CERT_HAS_EXPIRED', message: 'expired' }), 'tls-expired', /Renew it/],
  [
    'a certificate of tomorrow',
    tls({ code: 'CERT_NOT_YET_VALID', message: 'not yet' }),
    'tls-expired',
    /clock of this machine/,
  ],
  [
    'a certificate for another name',
    tls({ code: 'ERR_TLS_CERT_ALTNAME_INVALID', names: 'DNS:x' }),
    'tls-name',
    /it is for DNS:x/,
  ],
  [
    'a certificate without names',
    tls({ code: 'ERR_TLS_CERT_ALTNAME_INVALID', names: undefined, subject: undefined }),
    'tls-name',
    /no name at all/,
  ],
  ['a port without TLS', tls({ code: 'ERR_SSL_WRONG_VERSION_NUMBER' }), 'tls-plain', /Write http:\/\//],
  [
    'a client certificate that is missing',
    tls({ code: 'ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED' }),
    'tls-client-certificate',
    /none is set/,
  ],
  [
    'a client certificate that is refused',
    tls({ code: 'ERR_SSL_TLSV1_ALERT_UNKNOWN_CA' }),
    'tls-client-certificate',
    /does not accept the client certificate/,
    { OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE: '/c.pem' },
  ],
  [
    'a handshake that takes too long',
    tls({ code: 'TIMEOUT', message: 'no answer within 9 ms' }),
    'tls-failed',
    /no answer within 9 ms/,
  ],
  ['TLS without HTTP/2', { tls: { ...GOOD_TLS, alpn: 'http/1.1' } }, 'tls-alpn', /ALPN: http\/1\.1/],
  [
    'a certificate that ends next week',
    { tls: { ...GOOD_TLS, validTo: new Date(Date.now() + 7.5 * 86_400_000).toUTCString() } },
    'tls-expires',
    /expires in 7 days/,
  ],
  [
    'http:// to a port of TLS',
    { secretlyTls: true, tls: undefined, sent: undefined, empty: { type: 'retry', reason: 'x' }, others: [] },
    'tls-needed',
    /https:\/\//,
  ],
  [
    'a name without an address',
    { ...NO_ONE, reached: undefined, dnsError: 'ENOTFOUND' },
    'collector-name',
    /OTEL_EXPORTER_OTLP_ENDPOINT names it/,
  ],
  [
    'nobody there',
    { ...NO_ONE, others: [] },
    'collector-unreachable',
    /192\.0\.2\.1: ECONNREFUSED.*Start the collector/,
  ],
  [
    'nobody there, and one at the usual port',
    { ...NO_ONE, others: [GRPC_AT] },
    'collector-unreachable',
    /gRPC is spoken at http:\/\/collector\.example:4317/,
  ],
  [
    'a proxy that is not there',
    { ...NO_ONE, proxied: true },
    'collector-unreachable',
    /the proxy collector\.example:4317/,
  ],
  [
    'one address of two',
    {
      reached: [
        { address: '192.0.2.1', error: undefined },
        { address: '192.0.2.2', error: 'ETIMEDOUT' },
      ],
    },
    'collector-partly-unreachable',
    /1 of 2 addresses .*192\.0\.2\.2 \(ETIMEDOUT\)/,
  ],
  [
    'the other protocol',
    {
      sent: undefined,
      empty: { type: 'retry', reason: 'Protocol error' },
      others: [
        { ...GRPC_AT, answered: false },
        { protocol: 'http/protobuf', url: 'http://c:4318/v1/traces', answered: true },
      ],
    },
    'protocol-swapped',
    /spoken at http:\/\/c:4318\/v1\/traces: set /,
  ],
  [
    'no collector at all',
    { sent: undefined, empty: { type: 'held', reason: 'HTTP status 404' }, others: [] },
    'not-a-collector',
    /HTTP status 404; neither protocol/,
  ],
  [
    'a key that is missing',
    { sent: undefined, empty: { type: 'held', reason: 'HTTP status 401' } },
    'collector-refuses-key',
    /no header is sent/,
  ],
  [
    'a key that is refused with the span',
    {
      headers: ['user-agent', 'kf-api-key'],
      sent: { outcome: { type: 'held', reason: 'gRPC status 16: no' }, ms: 1, item: ITEM },
    },
    'collector-refuses-key',
    /the headers that are sent: kf-api-key/,
  ],
  [
    'an error of its own',
    { sent: { outcome: { type: 'retry', reason: 'gRPC status 8' }, ms: 1, item: ITEM } },
    'collector-refuses-request',
    /did not take traces: gRPC status 8/,
  ],
  [
    'a span that it rejects',
    { sent: { outcome: { ...ACCEPTED, rejected: 1, message: 'too old' }, ms: 1, item: ITEM } },
    'collector-rejects-items',
    /rejected 1 of 1 traces: too old/,
  ],
];

for (const [what, fields, id, says, env] of CASES) {
  test(`a collector with ${what}: ${id}, it alone`, async (t) => {
    const found = await find(fields, env);
    t.deepEqual(
      found.map((one) => one.id),
      [id],
    );
    t.regex(found[0]?.text ?? '', says);
  });
}

test('a collector that takes everything has nothing to be mended', async (t) => t.deepEqual(await find({}), []));
