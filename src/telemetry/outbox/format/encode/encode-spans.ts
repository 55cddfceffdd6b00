import type { ReadableSpan } from '@opentelemetry/sdk-trace-node';
import type { Encoded } from '../../exporter.js';
import { Arena } from './arena.js';
import { writeSpan } from './encode-span.js';
import { type Head, Heads } from './head.js';
import { RepeatedAttributes } from './repeated-attributes.js';
import { Writer } from './writer.js';

type Result = { -readonly [Key in keyof Encoded]: Encoded[Key] };

/**
 * Encodes spans as OTLP protobuf by hand: about twice as fast as the SDK's serializer for one batch, and four times for
 * single spans, because resource and scope are encoded once and no buffer is made.
 */
export class SpanEncoder {
  readonly #heads = new Heads();
  readonly #writer = new Writer();
  readonly #repeated = new RepeatedAttributes();
  readonly #arena = new Arena();

  /** One part for each resource and scope among them. */
  encode(spans: readonly ReadableSpan[]): Encoded {
    const result: Result = { parts: [], failed: 0, error: undefined };
    for (const [head, group] of this.#grouped(spans, result)) this.#encodeGroup(head, group, result);
    return result;
  }

  #grouped(spans: readonly ReadableSpan[], result: Result): Iterable<readonly [Head, readonly ReadableSpan[]]> {
    const groups = new Map<Head, ReadableSpan[]>();
    for (const span of spans) {
      const head = this.#headOf(span, result);
      if (!head) continue;
      if (spans.length === 1) return [[head, spans]];
      const group = groups.get(head);
      if (group) group.push(span);
      else groups.set(head, [span]);
    }
    return groups;
  }

  #headOf(span: ReadableSpan, result: Result): Head | undefined {
    try {
      return this.#heads.of(span);
    } catch (error) {
      // As for a span that cannot be read.
      result.failed++;
      result.error = error;
      return undefined;
    }
  }

  #encodeGroup(head: Head, spans: readonly ReadableSpan[], result: Result): void {
    const writer = this.#writer;
    writer.reset();
    this.#repeated.forget();
    let items = 0;
    for (const span of spans) {
      const before = writer.at;
      try {
        writeSpan(writer, span, this.#repeated);
        items++;
      } catch (error) {
        // One attribute that cannot be read must not take the other spans of its batch with it.
        writer.at = before;
        this.#repeated.forget();
        result.failed++;
        result.error = error;
      }
    }
    if (items > 0) result.parts.push({ bytes: this.#arena.keep(writer.buffer, writer.at), items, head });
  }
}
