import { SPAN_KINDS, type SpanRecord, STATUS_CODES } from '../model.js';
import type { Attribute } from '../page-api.js';
import { AttributeColumns } from './attribute-columns.js';
import { attributeTexts, cut } from './attribute-text.js';
import { Dictionary } from './dictionary.js';
import type { Evictable } from './fair-share.js';
import { routeOf, statusOf } from './http-names.js';
import type { Origin } from './origin.js';
import type { Trace } from './trace-index.js';

/** Spans of one segment; a smaller one is evicted more finely, a larger one has fewer dictionaries. */
const ROWS = 1_024;
/** It is full before, when its spans are large. */
const FULL_BYTES = 1 << 20;
/** All columns of one row, and its place in the index of traces. */
const ROW_BYTES = 100;
const LONGEST_NAME = 1_024;
const MOST_EVENTS = 128;

/** What few spans have: as JSON, so that others do not pay for it. */
interface Rare {
  readonly events?: readonly {
    readonly at: number;
    readonly name: string;
    readonly attributes: readonly Attribute[];
  }[];
  readonly links?: readonly { readonly traceId: string; readonly spanId: string }[];
  readonly message?: string;
}

/** Some of the spans of one sender, in columns. */
export class SpanSegment implements Evictable {
  readonly sender: string;
  readonly texts = new Dictionary();
  readonly attributes = new AttributeColumns(this.texts);
  readonly start = new Float64Array(ROWS);
  readonly duration = new Float64Array(ROWS);
  readonly kind = new Uint8Array(ROWS);
  readonly status = new Uint8Array(ROWS);
  readonly httpStatus = new Uint16Array(ROWS);
  readonly name = new Uint32Array(ROWS);
  readonly route = new Uint32Array(ROWS);
  readonly origins: Origin[] = [];
  readonly origin = new Uint16Array(ROWS);
  readonly scopes: string[] = [];
  readonly scope = new Uint16Array(ROWS);
  /** Of each row. */
  readonly traces: Trace[] = [];
  /** Trace, span and parent. */
  readonly #ids = Buffer.alloc(ROWS * 32);
  readonly #rare = new Map<number, string>();
  #rareBytes = 0;
  #extraBytes = 0;
  size = 0;

  constructor(sender: string) {
    this.sender = sender;
  }

  get bytes(): number {
    return ROWS * ROW_BYTES + this.texts.bytes + this.attributes.bytes + this.#rareBytes + this.#extraBytes;
  }

  get isFull(): boolean {
    return this.size >= ROWS || this.bytes > FULL_BYTES;
  }

  /** Something else that goes with this segment, in bytes. */
  charge(bytes: number): void {
    this.#extraBytes += bytes;
  }

  /** @returns its row */
  add(span: SpanRecord, origin: Origin): number {
    const row = this.size;
    this.start[row] = Number(span.startNs / 1_000n) / 1_000;
    this.duration[row] = Math.max(0, Number(span.endNs - span.startNs) / 1e6);
    this.kind[row] = SPAN_KINDS.indexOf(span.kind);
    this.status[row] = STATUS_CODES.indexOf(span.status.code);
    this.httpStatus[row] = statusOf(span.attributes) ?? 0;
    this.name[row] = this.texts.add(cut(span.name, LONGEST_NAME));
    this.route[row] = this.texts.add(cut(routeOf(span.attributes) ?? '', LONGEST_NAME));
    this.origin[row] = placeOf(this.origins, origin);
    this.scope[row] = placeOf(this.scopes, cut(span.scope.name, LONGEST_NAME));
    const at = row * 32;
    this.#ids.write(span.traceId, at, 16, 'hex');
    this.#ids.write(span.spanId, at + 16, 8, 'hex');
    this.#ids.write(span.parentSpanId ?? '0000000000000000', at + 24, 8, 'hex');
    this.attributes.add(span.attributes);
    this.#addRare(row, span);
    this.size += 1;
    if (this.isFull) this.#seal();
    return row;
  }

  traceId(row: number): string {
    return this.#ids.toString('hex', row * 32, row * 32 + 16);
  }

  spanId(row: number): string {
    return this.#ids.toString('hex', row * 32 + 16, row * 32 + 24);
  }

  parentId(row: number): string | undefined {
    return this.hasParent(row) ? this.#ids.toString('hex', row * 32 + 24, row * 32 + 32) : undefined;
  }

  hasParent(row: number): boolean {
    return this.#ids.readUInt32LE(row * 32 + 24) !== 0 || this.#ids.readUInt32LE(row * 32 + 28) !== 0;
  }

  isError(row: number): boolean {
    return this.status[row] === 2 || (this.httpStatus[row] ?? 0) >= 500;
  }

  originOf(row: number): Origin {
    return this.origins[this.origin[row] ?? 0] as Origin;
  }

  hasRare(row: number): boolean {
    return this.#rare.has(row);
  }

  rare(row: number): Rare {
    const text = this.#rare.get(row);
    return text === undefined ? {} : (JSON.parse(text) as Rare);
  }

  /** The rows whose events or message have such a text. */
  *searchRare(fits: (text: string) => boolean): Iterable<number> {
    for (const [row, text] of this.#rare) if (fits(text)) yield row;
  }

  #addRare(row: number, { events, links, status }: SpanRecord): void {
    if (events.length === 0 && links.length === 0 && status.message === '') return;
    const rare: Rare = {
      ...(events.length > 0 && {
        events: events.slice(0, MOST_EVENTS).map((event) => ({
          at: Number(event.timeNs / 1_000n) / 1_000,
          name: cut(event.name, LONGEST_NAME),
          attributes: attributeTexts(event.attributes),
        })),
      }),
      ...(links.length > 0 && {
        links: links.slice(0, MOST_EVENTS).map(({ traceId, spanId }) => ({ traceId, spanId })),
      }),
      ...(status.message !== '' && { message: cut(status.message) }),
    };
    const text = JSON.stringify(rare);
    this.#rare.set(row, text);
    this.#rareBytes += 100 + 2 * text.length;
  }

  #seal(): void {
    this.texts.seal();
    this.attributes.seal();
  }
}

/** The place of a value in a short list; those that differ most often are the newest. */
function placeOf<T>(list: T[], value: T): number {
  const known = list.lastIndexOf(value);
  return known >= 0 ? known : list.push(value) - 1;
}
