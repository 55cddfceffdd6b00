import { isOverGrpc } from '../../contract/otlp-protocols.js';
import { otlpVariable, textOf } from '../../otel-env/read-variable.js';
import type { Check, Checks, Problem } from '../check.js';
import type { Probed } from './collector-probe.js';
import type { Handshake, Place } from './place.js';

const TLS = { severity: 'error', symptom: 'connection' } as const satisfies Partial<Check<Probed>>;
/** Days before the end of a certificate from which it is reported. */
const SOON = 14;

/** What a handshake with the collector means. */
export const TLS_CHECKS = {
  'tls-chain': {
    ...TLS,
    about: 'the certificate is signed by an authority that is not trusted here (x509: unknown authority)',
    find: failing(
      /SELF_SIGNED|UNABLE_TO_(GET_ISSUER|VERIFY)|CERT_UNTRUSTED|INVALID_CA/,
      ({ issuer, message }, { host }) => ({
        what: `the certificate of ${host} is not trusted: ${message}`,
        why: `it is issued by ${issuer ?? 'nobody who is named'}, which is none of Node's authorities`,
        fix: "Name its authority's PEM file: OTEL_EXPORTER_OTLP_CERTIFICATE. Verification cannot be turned off.",
        next: `openssl s_client -connect ${host} -showcerts </dev/null`,
      }),
    ),
  },
  'tls-expired': {
    ...TLS,
    about: 'the certificate has expired, or is not valid yet',
    find: failing(/CERT_(HAS_EXPIRED|NOT_YET_VALID)/, ({ validTo, message }, { host }) => ({
      what: `the certificate of ${host}: ${message}`,
      why: `it was valid until ${validTo}`,
      fix: 'Renew it; and see that the clock of this machine is right.',
      next: `openssl s_client -connect ${host} </dev/null | openssl x509 -noout -dates`,
    })),
  },
  'tls-name': {
    ...TLS,
    about: 'the certificate is for another host name',
    find: failing(/ALTNAME_INVALID/, ({ names, subject }, { host }) => ({
      what: `the certificate is not for ${host}`,
      why: `it is for ${names ?? subject ?? 'no name at all'}`,
      fix: 'Use one of these names in the endpoint, or have a certificate issued for this one.',
      next: `openssl s_client -connect ${host} </dev/null | openssl x509 -noout -ext subjectAltName`,
    })),
  },
  'tls-plain': {
    ...TLS,
    about: 'https:// to a port that speaks no TLS',
    find: failing(/EPROTO|WRONG_VERSION|UNSUPPORTED_PROTOCOL|HTTP_REQUEST/, (_, { host }) => ({
      what: `${host} speaks no TLS`,
      why: 'the endpoint begins with https://, or has no scheme and is none of this machine',
      fix: 'Write http:// in front of it, or OTEL_EXPORTER_OTLP_INSECURE=true where it has no scheme.',
      next: `openssl s_client -connect ${host} </dev/null`,
    })),
  },
  'tls-client-certificate': {
    ...TLS,
    about: 'the collector asks for a client certificate',
    find: failing(
      /CERTIFICATE_REQUIRED|HANDSHAKE_FAILURE|BAD_CERTIFICATE|UNKNOWN_CA|TLSV1_ALERT/,
      ({ message }, { host }, { env }) => ({
        what: `${host} ended the handshake: ${message.split(':').slice(0, 6).join(':')}`,
        why: textOf(env, otlpVariable(env, 'traces', 'CLIENT_CERTIFICATE'))
          ? 'it does not accept the client certificate'
          : 'it asks for a client certificate, and none is set',
        fix: 'Set OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE and OTEL_EXPORTER_OTLP_CLIENT_KEY to PEM files that its authority has signed.',
      }),
    ),
  },
  'tls-failed': {
    ...TLS,
    about: 'a handshake that failed for another reason',
    find: ({ signals }) =>
      signals.slice(0, 1).flatMap(({ tls, place }) =>
        tls?.code === undefined || KNOWN.test(tls.code)
          ? []
          : [
              {
                what: `no handshake with ${at(place)}: ${tls.code}`,
                why: tls.message,
                fix: 'See what stands between: a proxy, a load balancer that ends TLS.',
                next: `openssl s_client -connect ${at(place)} </dev/null`,
              },
            ],
      ),
  },
  'tls-alpn': {
    severity: 'error',
    symptom: 'protocol',
    about: 'gRPC to a TLS port that does not offer HTTP/2',
    find: ({ signals }) =>
      signals.slice(0, 1).flatMap(({ tls, place, target }) =>
        tls === undefined || tls.code !== undefined || !isOverGrpc(target.protocol) || tls.alpn === 'h2'
          ? []
          : [
              {
                what: `${at(place)} does not offer HTTP/2 (ALPN: ${tls.alpn ?? 'nothing'})`,
                why: 'gRPC is spoken over HTTP/2: a load balancer in between may end it',
                fix: 'OTEL_EXPORTER_OTLP_PROTOCOL=http/protobuf, or HTTP/2 on the balancer.',
              },
            ],
      ),
  },
  'tls-needed': {
    ...TLS,
    about: 'http:// to a port that speaks TLS',
    find: ({ signals }) =>
      signals.slice(0, 1).flatMap(({ secretlyTls, place }) =>
        secretlyTls !== true
          ? []
          : [
              {
                what: `${at(place)} speaks TLS`,
                why: 'the endpoint begins with http://, or is taken for that',
                fix: 'Write https:// in front of it.',
              },
            ],
      ),
  },
  'tls-expires': {
    severity: 'warning',
    symptom: 'connection',
    about: 'the certificate expires within two weeks',
    find: ({ signals }) =>
      signals.slice(0, 1).flatMap(({ tls, place }) => {
        const days = (Date.parse(tls?.validTo ?? '') - Date.now()) / 86_400_000;
        if (tls?.code !== undefined || !(days < SOON)) return [];
        return [
          {
            what: `the certificate of ${at(place)} expires in ${Math.floor(days)} days`,
            why: `it is valid until ${tls!.validTo}`,
            fix: 'Renew it.',
          },
        ];
      }),
  },
} satisfies Checks<Probed>;

const KNOWN =
  /SELF_SIGNED|UNABLE_TO|CERT_|INVALID_CA|ALTNAME|EPROTO|WRONG_VERSION|UNSUPPORTED_PROTOCOL|HTTP_REQUEST|CERTIFICATE_REQUIRED|HANDSHAKE_FAILURE|BAD_CERTIFICATE|UNKNOWN_CA|TLSV1_ALERT/;

/** A check of the code that a handshake ended with. Alerts of the other side come with Node's code in their text. */
function failing(pattern: RegExp, problemOf: (tls: Handshake, place: { host: string }, probed: Probed) => Problem) {
  return (probed: Probed): Problem[] => {
    const found = probed.signals.find(({ tls }) => tls?.code !== undefined && pattern.test(codeOf(tls)));
    return found?.tls ? [problemOf(found.tls, { host: at(found.place) }, probed)] : [];
  };
}

function codeOf({ code }: Handshake): string {
  return (code ?? '').replace(/^ERR_(SSL|TLS)_/, '');
}

function at({ host, port }: Place): string {
  return `${host.includes(':') ? `[${host}]` : host}:${port}`;
}
