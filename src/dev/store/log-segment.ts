import type { LogEntry } from '../model.js';
import { AttributeColumns } from './attribute-columns.js';
import { cut, valueText } from './attribute-text.js';
import { Dictionary } from './dictionary.js';
import type { Evictable } from './fair-share.js';
import type { Origin } from './origin.js';

const ROWS = 1_024;
const FULL_BYTES = 1 << 20;
const ROW_BYTES = 64;

/** Some of the log records of one sender, in columns. */
export class LogSegment implements Evictable {
  readonly sender: string;
  readonly texts = new Dictionary();
  readonly attributes = new AttributeColumns(this.texts);
  readonly at = new Float64Array(ROWS);
  readonly severity = new Uint8Array(ROWS);
  readonly severityText = new Uint32Array(ROWS);
  readonly body = new Uint32Array(ROWS);
  readonly origins: Origin[] = [];
  readonly origin = new Uint16Array(ROWS);
  /** In which it came, among all log records; a cursor. */
  readonly order = new Float64Array(ROWS);
  readonly #ids = Buffer.alloc(ROWS * 24);
  size = 0;

  constructor(sender: string) {
    this.sender = sender;
  }

  get bytes(): number {
    return ROWS * ROW_BYTES + this.texts.bytes + this.attributes.bytes;
  }

  get isFull(): boolean {
    return this.size >= ROWS || this.bytes > FULL_BYTES;
  }

  add(entry: LogEntry, origin: Origin, order: number): void {
    const row = this.size;
    this.at[row] = Number(entry.timeNs / 1_000n) / 1_000;
    this.severity[row] = entry.severity;
    this.severityText[row] = this.texts.add(cut(entry.severityText, 64));
    this.body[row] = this.texts.add(valueText(entry.body));
    if (this.origins.at(-1) !== origin) this.origins.push(origin);
    this.origin[row] = this.origins.length - 1;
    this.order[row] = order;
    if (entry.traceId !== '') this.#ids.write(entry.traceId, row * 24, 16, 'hex');
    if (entry.spanId !== '') this.#ids.write(entry.spanId, row * 24 + 16, 8, 'hex');
    this.attributes.add(entry.attributes);
    this.size += 1;
    if (this.isFull) this.#seal();
  }

  traceId(row: number): string | undefined {
    const id = this.#ids.toString('hex', row * 24, row * 24 + 16);
    return /^0+$/.test(id) ? undefined : id;
  }

  spanId(row: number): string | undefined {
    const id = this.#ids.toString('hex', row * 24 + 16, row * 24 + 24);
    return /^0+$/.test(id) ? undefined : id;
  }

  /** Whether its record is of this trace; cheaper than to read the id. */
  isOf(row: number, traceId: Buffer): boolean {
    return this.#ids.compare(traceId, 0, 16, row * 24, row * 24 + 16) === 0;
  }

  originOf(row: number): Origin {
    return this.origins[this.origin[row] ?? 0] as Origin;
  }

  #seal(): void {
    this.texts.seal();
    this.attributes.seal();
  }
}
