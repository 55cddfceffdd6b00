import { carrierOf, OTLP_PROTOCOLS, type OtlpCarrier } from '../../../contract/otlp-protocols.js';
import { visible } from '../../../contract/visible.js';
import { fieldsOf } from '../format/wire.js';
import type { Outcome } from './outcome.js';
import { retry } from './outcome.js';
import type { TransportConfig } from './transport.js';

/** How much of what a collector says is shown, in bytes. */
const SHOWN = 200;

/** What somebody else wrote, for a line of ours: one line, without control characters, cut. */
export function shown(text: string): string {
  const line = visible(Buffer.from(text.trim()).subarray(0, SHOWN).toString().replaceAll('\ufffd', '')).trimEnd();
  return Buffer.byteLength(text.trim()) > SHOWN ? `${line}...` : line;
}

/** The collector's own words in an answer that is no success: text as it is, a google.rpc.Status by its message. */
export function wordsOf(body: Uint8Array, type: string): string {
  if (!type.includes('protobuf')) return shown(Buffer.from(body).toString());
  const message = fieldsOf(body)?.find(({ number, wireType }) => number === 2 && wireType === 2)?.content;
  return message === undefined ? '' : shown(Buffer.from(message).toString());
}

const PROTOCOL = 'OTEL_EXPORTER_OTLP_PROTOCOL';

/** It may take each request, and say so in a way that nobody can read. */
const UNREADABLE_FIX =
  'See what answers at OTEL_EXPORTER_OTLP_ENDPOINT: the collector, or a proxy in front of it. What is sent again may arrive twice.';

/** Errors of a connection that no further try mends, and how they are mended. */
const HOPELESS: readonly {
  /** Undefined: whatever carries it. */
  readonly over?: OtlpCarrier;
  readonly pattern: RegExp;
  readonly means: string;
  readonly fix: string;
}[] = [
  {
    over: 'http',
    pattern: /Parse Error: Expected HTTP\/|HPE_INVALID_CONSTANT|HPE_INVALID_VERSION/,
    means: 'it does not speak HTTP/1.1: most likely this is the gRPC port, and the protocol is http',
    fix: `Set ${PROTOCOL}=grpc, or name the port of OTLP over HTTP, usually 4318, in OTEL_EXPORTER_OTLP_ENDPOINT.`,
  },
  {
    over: 'http',
    pattern: /HPE_/,
    means: 'its answer is no HTTP that can be read',
    fix: UNREADABLE_FIX,
  },
  {
    over: 'grpc',
    pattern: /the answer is TLS/,
    means: 'it speaks TLS, and the endpoint does not begin with https://',
    fix: 'Begin OTEL_EXPORTER_OTLP_ENDPOINT with https://.',
  },
  {
    over: 'grpc',
    pattern: /Protocol error|HTTP\/1\.1 400|not (an )?HTTP\/2/i,
    means: 'it does not speak HTTP/2: most likely this is the port of OTLP over HTTP, and the protocol is grpc',
    fix: `Set ${PROTOCOL}=http/protobuf, or name the gRPC port, usually 4317, in OTEL_EXPORTER_OTLP_ENDPOINT.`,
  },
  {
    over: 'grpc',
    pattern: /the collector broke HTTP\/2/,
    means: 'its answer cannot be read',
    fix: UNREADABLE_FIX,
  },
  {
    pattern: /wrong version number|packet length too long|http request/i,
    means: 'it does not speak TLS, and the endpoint begins with https://',
    fix: 'Begin OTEL_EXPORTER_OTLP_ENDPOINT with http://, or name a port that speaks TLS.',
  },
  {
    pattern: /self[- ]signed certificate|unable to (verify|get)( the first| local issuer| issuer)? certificate/i,
    means: 'its certificate is of an authority that is not trusted here',
    fix: 'Name the PEM file of that authority in OTEL_EXPORTER_OTLP_CERTIFICATE; verification cannot be turned off.',
  },
  {
    pattern: /Hostname\/IP does not match certificate's altnames/i,
    means: 'its certificate is of another name',
    fix: 'Name the collector in OTEL_EXPORTER_OTLP_ENDPOINT as its certificate does.',
  },
  {
    pattern: /certificate required|alert (bad|handshake|certificate|unknown ca)|handshake failure/i,
    means: 'it does not accept our certificate, or wants one',
    fix: 'Set OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE and OTEL_EXPORTER_OTLP_CLIENT_KEY.',
  },
  {
    pattern: /the proxy \S+ (refused|takes no CONNECT)/,
    means: 'the way to the collector is closed',
    fix: 'See that the proxy lets CONNECT through to the collector, or exempt it by NO_PROXY.',
  },
];

/** For who has never thought of a collector. */
const DEFAULT_ENDPOINT_FIX =
  'Name your collector in OTEL_EXPORTER_OTLP_ENDPOINT, or see that one listens at this default. To look at traces here: kf-cluster dev. Without telemetry: --no-telemetry. What ends meanwhile waits.';

/**
 * What became of a request whose connection failed: held where no further try can help, and tried again otherwise.
 *
 * @param reached whether there was a connection
 */
export function failed(
  error: Error & { code?: string },
  { protocol, endpointIsDefault }: Pick<TransportConfig, 'protocol' | 'endpointIsDefault'>,
  reached: boolean,
): Outcome {
  const text = `${error.message} ${error.code ?? ''}`;
  const known = HOPELESS.find(
    ({ over, pattern }) => (over === undefined || over === OTLP_PROTOCOLS[protocol].over) && pattern.test(text),
  );
  if (known === undefined)
    return retry(error.message, { reached, ...(endpointIsDefault && { fix: DEFAULT_ENDPOINT_FIX }) });
  return { type: 'held', reason: `${shown(error.message)}: ${known.means}`, fix: known.fix };
}

/** What to do about a refusal, with the names of what was sent; never its values. */
export function fixOf(status: 'auth' | 'path' | 'other', config: TransportConfig): string {
  const names = Object.keys(config.headers);
  if (status === 'auth') {
    return names.length === 0
      ? 'No header is sent: set OTEL_EXPORTER_OTLP_HEADERS, or --exporter-otlp-headers-file. Everything waits until then.'
      : `Check the value of ${names.join(', ')} in OTEL_EXPORTER_OTLP_HEADERS or the headers file, which is read again. Everything waits until then.`;
  }
  if (status === 'path') {
    const { other } = carrierOf(config.protocol);
    return `Check OTEL_EXPORTER_OTLP_ENDPOINT, its port and path; the protocol is ${config.protocol}, perhaps ${PROTOCOL}=${other} is right. Everything waits until then.`;
  }
  return "See the collector's log; check the endpoint and the key in the headers. Everything waits until then.";
}
