import { messageType } from '../../src/dev/otlp-schema.js';

/** A request with many spans, encoded once: only the ids and times differ from one sending to the next. */
export interface SpanBatch {
  readonly spans: number;
  /** The same buffer each time, with ids that no sending before had. */
  next(): Buffer;
}

export interface SpanBatchOptions {
  readonly slot: number;
  readonly spans: number;
  /** Spans of one trace: a SERVER span and its children. */
  readonly perTrace: number;
}

const ID_BYTES = 8;

/** Spans with ten attributes each, of which three differ from span to span. */
export function makeSpanBatch({ slot, spans, perTrace }: SpanBatchOptions): SpanBatch {
  const type = messageType('ExportTraceServiceRequest');
  const resource = {
    attributes: [
      text('service.name', 'shop'),
      int('kf.worker.slot', slot),
      int('kf.worker.generation', 1),
      int('process.pid', 1_000 + slot),
    ],
  };
  const list = Array.from({ length: spans }, (_, at) => span(at, perTrace));
  const bytes = Buffer.from(
    type.encode(type.fromObject({ resourceSpans: [{ resource, scopeSpans: [{ spans: list }] }] })).finish(),
  );
  const places = placesOf(bytes);
  let sent = 0;
  return {
    spans,
    next: () => {
      sent += 1;
      for (const place of places) bytes.writeUInt32BE(slot * 0x1000000 + sent, place);
      return bytes;
    },
  };
}

/** What stands in each id where the number of the sending goes. */
const MARK = 0xfeedbeef;

function span(at: number, perTrace: number): object {
  const trace = Math.floor(at / perTrace);
  const isEntry = at % perTrace === 0;
  const now = BigInt(Date.now()) * 1_000_000n;
  return {
    traceId: id(16, trace),
    spanId: id(ID_BYTES, at),
    ...(!isEntry && { parentSpanId: id(ID_BYTES, trace * perTrace) }),
    name: isEntry ? `GET /route/${trace % 20}` : 'SELECT shop.carts',
    kind: isEntry ? 2 : 3,
    startTimeUnixNano: String(now),
    endTimeUnixNano: String(now + BigInt(1_000_000 + at * 1_000)),
    attributes: [
      text('http.request.method', 'GET'),
      text('http.route', `/route/${trace % 20}`),
      int('http.response.status_code', trace % 50 === 0 ? 500 : 200),
      text('url.path', `/route/${trace % 20}/${trace}`),
      text('url.query', `user=${at}`),
      text('server.address', 'localhost'),
      int('server.port', 8080),
      text('user_agent.original', 'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36'),
      text('network.protocol.version', '1.1'),
      text('client.address', `10.0.${at % 250}.${(at * 7) % 250}`),
    ],
  };
}

function id(length: number, number: number): Buffer {
  const bytes = Buffer.alloc(length);
  bytes.writeUInt32BE(MARK, 0);
  bytes.writeUInt32BE(number + 1, length - 4);
  return bytes;
}

function placesOf(bytes: Buffer): number[] {
  const mark = Buffer.alloc(4);
  mark.writeUInt32BE(MARK);
  const places: number[] = [];
  for (let at = bytes.indexOf(mark); at >= 0; at = bytes.indexOf(mark, at + 4)) places.push(at);
  return places;
}

function text(key: string, stringValue: string): object {
  return { key, value: { stringValue } };
}

function int(key: string, intValue: number): object {
  return { key, value: { intValue } };
}
