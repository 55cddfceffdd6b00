import type {
  Hello,
  ImportResult,
  LogList,
  Session,
  StreamMessage,
  Topic,
  TraceDetail,
  TraceList,
} from '../page-api.js';
import type { TraceInColumns } from '../views/trace-detail.js';

/** One page of a list, newest first: what is older than `before`, or the newest. */
export interface Slice {
  readonly filter: string;
  readonly before: string | undefined;
  readonly limit: number;
}

/** What one open view is sent. */
export interface Feed {
  /** What is new since it was asked last; undefined when nothing is. */
  next(): StreamMessage | undefined;
  close(): void;
}

/** What the server serves. A filter that cannot be read throws BadFilter. */
export interface PageData {
  hello(): Hello;
  feed(topic: Topic, filter: string): Feed;
  traces(slice: Slice): TraceList;
  trace(traceId: string): TraceDetail | undefined;
  traceColumns(traceId: string): TraceInColumns | undefined;
  logs(slice: Slice): LogList;
  /** OTLP requests in JSON, one a line. */
  otlp(): Iterable<string>;
  session(): Session;
  /** @throws MalformedRequest, HeavyRequest */
  import(chunks: AsyncIterable<Buffer>): Promise<ImportResult>;
}
