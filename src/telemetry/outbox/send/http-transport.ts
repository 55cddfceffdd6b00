import http from 'node:http';
import https from 'node:https';
import { gzipped } from './gzip.js';
import { fromHttpStatus, noAnswer, type Outcome, type OutgoingRequest, retry, type Transport } from './outcome.js';
import { acceptedJson, acceptedProtobuf } from './response.js';
import { type TransportConfig, tlsOptions } from './transport.js';

/** OTLP over HTTP/1.1. A record is sent in the encoding it was written in, whichever the configuration names now. */
export function createHttpTransport(config: TransportConfig): Transport {
  const agents = { 'http:': new http.Agent({ keepAlive: true }), 'https:': secureAgent(config) };
  return {
    send: async (request) => {
      const whole = Buffer.concat(request.chunks);
      const body = config.compression === 'gzip' ? await gzipped(whole) : whole;
      return post(new URL(config.urls[request.signal]), agents, request, body, config);
    },
    close: () => {
      for (const agent of Object.values(agents)) agent.destroy();
    },
  };
}

const secureAgent = (config: TransportConfig) => new https.Agent({ keepAlive: true, ...tlsOptions(config) });

/** More than any answer needs; what comes after it is not kept. */
const MAX_ANSWER_BYTES = 64 * 1024;

function post(
  url: URL,
  agents: { 'http:': http.Agent; 'https:': https.Agent },
  { encoding, timeoutMs }: OutgoingRequest,
  body: Buffer,
  config: TransportConfig,
): Promise<Outcome> {
  return new Promise((resolve) => {
    const secure = url.protocol === 'https:';
    const request = (secure ? https : http).request(url, {
      method: 'POST',
      agent: secure ? agents['https:'] : agents['http:'],
      headers: {
        ...config.headers,
        'content-type': encoding === 'json' ? 'application/json' : 'application/x-protobuf',
        'content-length': body.length,
        'user-agent': config.userAgent,
        ...(config.compression === 'gzip' && { 'content-encoding': 'gzip' }),
      },
    });
    const timer = setTimeout(() => finish(noAnswer(timeoutMs)), timeoutMs);
    timer.unref();
    const finish = (outcome: Outcome) => {
      clearTimeout(timer);
      resolve(outcome);
      if (outcome.type === 'retry' && outcome.reconnect) request.destroy();
    };
    request.on('socket', (socket) => socket.unref());
    request.on('error', (error) => finish(retry(error.message)));
    request.on('response', (response) => {
      const data: Buffer[] = [];
      let size = 0;
      response.on('data', (chunk: Buffer) => {
        size += chunk.length;
        if (size <= MAX_ANSWER_BYTES) data.push(chunk);
      });
      // The status came, so the answer is known, whatever becomes of the rest of it.
      response.on('close', () => finish(interpret(response, Buffer.concat(data))));
    });
    request.end(body);
  });
}

function interpret(response: http.IncomingMessage, body: Buffer): Outcome {
  const status = response.statusCode ?? 0;
  if (status < 200 || status > 299) return fromHttpStatus(status, response.headers['retry-after'], Date.now());
  const type = response.headers['content-type'] ?? '';
  // A proxy's login page, or a web server at the wrong port: nobody has the spans.
  if (/html/i.test(type)) return { type: 'held', reason: `HTTP status ${status} with a page of HTML` };
  const json = type.includes('json');
  return json ? acceptedJson(body) : acceptedProtobuf(body);
}
