import { fixOf, shown, wordsOf } from './explain.js';
import { fromHttpStatus, type Outcome } from './outcome.js';
import type { TransportConfig } from './transport.js';

/** What a server of HTTP has said, whichever version carried it. */
interface HttpAnswer {
  readonly status: number;
  /** Of a name in lower case. */
  header(name: string): string | undefined;
  readonly body: Uint8Array;
}

/**
 * What an answer means that nothing of OTLP can be read from: a status that is no success, or a page. Over gRPC it is that of a proxy
 * in front of the collector, whose refusal says as little about the spans as it does over HTTP. Undefined for a success.
 */
export function httpFailure({ status, header, body }: HttpAnswer, config: TransportConfig): Outcome | undefined {
  const type = header('content-type') ?? '';
  if (status < 200 || status > 299) {
    const location = header('location');
    const words = location === undefined ? wordsOf(body, type) : `it points to ${shown(location)}`;
    const retryAfter = header('retry-after');
    return fromHttpStatus(status, { retryAfter, words }, Date.now(), (kind) => fixOf(kind, config));
  }
  // A proxy's login page, or a web server at the wrong port: nobody has the spans.
  if (!/html/i.test(type)) return undefined;
  return { type: 'held', reason: `HTTP status ${status} with a page of HTML`, fix: fixOf('path', config) };
}
