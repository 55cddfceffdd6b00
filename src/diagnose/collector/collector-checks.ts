import { isOverGrpc, type OtlpProtocol } from '../../contract/otlp-protocols.js';
import type { Check, Checks, Problem } from '../check.js';
import { TLS_CHECKS } from './checks-tls.js';
import type { Probed, SignalProbe } from './collector-probe.js';

const REACHED = { severity: 'error', symptom: 'connection' } as const satisfies Partial<Check<Probed>>;
/** More than clocks that are kept by NTP are apart; in milliseconds. */
const CLOCK_TOLERANCE = 30_000;

/** What a probe of the collector means. */
export const COLLECTOR_CHECKS = {
  'collector-name': {
    ...REACHED,
    about: 'the host of the endpoint has no address',
    find: ({ signals }) =>
      each(signals, ({ dnsError, place, target }) =>
        dnsError === undefined
          ? undefined
          : {
              what: `${place.host} has no address (${dnsError})`,
              why: `${target.endpointFrom ?? 'the default endpoint'} names it`,
              fix: 'Correct the host. In Kubernetes a Service of another namespace is NAME.NAMESPACE.',
              next: `kubectl exec DEPLOYMENT -- getent hosts ${place.host}   # here: getent hosts ${place.host}`,
            },
      ),
  },
  'collector-unreachable': {
    ...REACHED,
    about: 'nobody listens at any address of the endpoint',
    find: ({ signals }) =>
      each(signals, ({ reached, place, target, others, proxied }) => {
        if (!reached?.every(({ error }) => error !== undefined)) return undefined;
        const tried = reached.map(({ address, error }) => `${address}: ${error}`).join(', ');
        const other = others?.find(({ answered }) => answered);
        return {
          what: `nobody answers at ${proxied ? `the proxy ${place.host}:${place.port}` : target.shown} (${tried})`,
          why: proxied ? 'it is the proxy that the environment names for this endpoint' : 'no connection was made',
          fix: other
            ? `${spoken(other.protocol)} is spoken at ${other.url}: set ${settingFor(other.protocol, other.url)}`
            : 'Start the collector, or correct the endpoint.',
          next:
            place.path === undefined
              ? `nc -zv ${place.host} ${place.port}   # kubectl exec DEPLOYMENT -- nc -zv ${place.host} ${place.port}`
              : `ls -l ${place.path}`,
        };
      }),
  },
  'collector-partly-unreachable': {
    severity: 'warning',
    symptom: 'connection',
    about: 'some addresses of the endpoint do not answer',
    find: ({ signals }) =>
      each(signals, ({ reached = [], place }) => {
        const silent = reached.filter(({ error }) => error !== undefined);
        if (silent.length === 0 || silent.length === reached.length) return undefined;
        return {
          what: `${silent.length} of ${reached.length} addresses of ${place.host} do not answer: ${silent.map(({ address, error }) => `${address} (${error})`).join(', ')}`,
          why: 'a worker that gets one of them waits for its timeout',
          fix: 'Take them out of DNS, or start what is missing.',
          next: `nc -zv ${silent[0]!.address} ${place.port}`,
        };
      }),
  },
  'protocol-swapped': {
    severity: 'error',
    symptom: 'protocol',
    about: 'the endpoint speaks the other protocol, or the right one is at another port or path',
    find: ({ signals }) =>
      each(signals, ({ empty, others = [], target, secretlyTls, reached }) => {
        const other = others.find(({ answered }) => answered);
        if (!empty || !other || secretlyTls || reached?.every(({ error }) => error !== undefined)) return undefined;
        return {
          what: `${target.shown} does not speak ${spoken(target.protocol)}`,
          why: `it answered: ${reasonOf(empty)}`,
          fix: `${spoken(other.protocol)} is spoken at ${other.url}: set ${settingFor(other.protocol, other.url)}`,
        };
      }),
  },
  'not-a-collector': {
    severity: 'error',
    symptom: 'protocol',
    about: 'something answers that takes no OTLP',
    find: ({ signals }) =>
      each(signals, ({ empty, others, target, signal, secretlyTls }) => {
        const answers = empty && others !== undefined && !secretlyTls && !others.some(({ answered }) => answered);
        if (!answers) return undefined;
        return {
          what: `${target.shown} takes no ${signal} by ${spoken(target.protocol)}`,
          why: `it answered: ${reasonOf(empty)}; neither protocol is spoken there, nor at 4317 and 4318`,
          fix: isOverGrpc(target.protocol)
            ? 'Correct the endpoint; a receiver may be off for this signal.'
            : `Correct the path: to OTEL_EXPORTER_OTLP_ENDPOINT /v1/${signal} is appended, OTEL_EXPORTER_OTLP_${signal.toUpperCase()}_ENDPOINT is taken as it stands.`,
        };
      }),
  },
  'collector-refuses-key': {
    severity: 'error',
    symptom: 'authentication',
    about: '401, 403, UNAUTHENTICATED or PERMISSION_DENIED',
    find: ({ signals }) =>
      each(signals, ({ empty, sent, headers, target }) => {
        const reason = [empty, sent?.outcome]
          .map((one) => (one && isAuth(reasonOf(one)) ? reasonOf(one) : undefined))
          .find(Boolean);
        if (reason === undefined) return undefined;
        const names = headers.filter((name) => name !== 'user-agent');
        return {
          what: `${target.shown} refuses the key: ${reason}`,
          why: names.length === 0 ? 'no header is sent' : `the headers that are sent: ${names.join(', ')}`,
          fix:
            names.length === 0
              ? 'Set OTEL_EXPORTER_OTLP_HEADERS, such as kf-api-key=... or authorization=Bearer%20...'
              : 'Check the name of the header and the key itself, and that it is one for this endpoint.',
        };
      }),
  },
  'collector-refuses-request': {
    severity: 'error',
    symptom: 'lost-spans',
    about: 'the collector answers with another error',
    find: ({ signals }) =>
      each(signals, ({ sent, empty, others, signal, target }) => {
        const outcome = sent?.outcome ?? (others === undefined ? empty : undefined);
        if (!outcome || outcome.type === 'accepted' || isAuth(reasonOf(outcome))) return undefined;
        return {
          what: `${target.shown} did not take ${signal}: ${reasonOf(outcome)}`,
          why: 'it speaks the protocol, and answers with an error',
          fix: "See the collector's own log: an exporter behind it, or its memory limit.",
        };
      }),
  },
  'collector-rejects-items': {
    severity: 'error',
    symptom: 'lost-spans',
    about: 'the collector accepts the request and rejects what is in it',
    find: ({ signals }) =>
      each(signals, ({ sent, signal }) =>
        sent?.outcome.type === 'accepted' && sent.outcome.rejected > 0
          ? {
              what: `the collector rejected ${sent.outcome.rejected} of 1 ${signal}${sent.outcome.message ? `: ${sent.outcome.message}` : ''}`,
              why: 'a partial success: the request counts as taken, and nobody has the item',
              fix: 'Its message says why: a quota, a schema, or a pipeline that is missing.',
            }
          : undefined,
      ),
  },
  'clock-skew': {
    severity: 'warning',
    symptom: 'broken-traces',
    about: "this machine's clock and the collector's are more than 30 s apart",
    find: ({ signals }) =>
      each(signals, ({ clockAheadMs }) => {
        if (clockAheadMs === undefined || Math.abs(clockAheadMs) < CLOCK_TOLERANCE) return undefined;
        const seconds = Math.round(Math.abs(clockAheadMs) / 1000);
        return {
          what: `the collector's clock is ${seconds} s ${clockAheadMs > 0 ? 'ahead of' : 'behind'} this one`,
          why: 'spans of two machines then stand in the wrong order, and late ones may be refused',
          fix: 'Let NTP set both.',
          next: 'timedatectl',
        };
      }),
  },
  'test-span': {
    severity: 'information',
    symptom: 'validation',
    about: 'what was sent and accepted, with its id and the time it took',
    find: ({ signals }) =>
      signals.flatMap(({ sent, signal, target }) =>
        sent?.outcome.type === 'accepted' && sent.outcome.rejected === 0
          ? [
              {
                what: `${signal}: ${target.shown} took a test item in ${sent.ms} ms`,
                why: `${spoken(target.protocol)}, service ${sent.item.service}${signal === 'metrics' ? '' : `, trace id ${sent.item.traceId}`}`,
                fix: 'Look for it at the other end: kf-cluster smoke follows a request of your app.',
              },
            ]
          : [],
      ),
  },
  ...TLS_CHECKS,
} satisfies Checks<Probed>;

/** Of signals that share a place, what is the same is reported once. */
function each(signals: readonly SignalProbe[], find: (probe: SignalProbe) => Problem | undefined): Problem[] {
  const problems = signals.flatMap((one) => find(one) ?? []);
  return problems.filter(
    (one, i) => problems.findIndex((other) => other.fix === one.fix && other.what === one.what) === i,
  );
}

function reasonOf(outcome: NonNullable<SignalProbe['empty']>): string {
  return outcome.type === 'accepted' ? outcome.message : outcome.reason;
}

function isAuth(reason: string): boolean {
  return /^HTTP status (401|403)|^gRPC status (7|16)\b/.test(reason);
}

function spoken(protocol: OtlpProtocol): string {
  return isOverGrpc(protocol) ? 'gRPC' : `HTTP (${protocol})`;
}

function settingFor(protocol: string, url: string): string {
  const base = url.replace(/\/v1\/\w+$/, '');
  return `OTEL_EXPORTER_OTLP_PROTOCOL=${protocol} and OTEL_EXPORTER_OTLP_ENDPOINT=${base}`;
}
