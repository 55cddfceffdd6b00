import { writeAttribute } from './encode-attributes.js';
import type { Writer } from './writer.js';

/**
 * Attributes of spans that are alike, as those of one scope are: what the span before had too, at the same place, is copied from
 * there in one piece. Of the eleven attributes of a request mostly two are new.
 */
export class RepeatedAttributes {
  readonly #keys: string[] = [];
  readonly #values: unknown[] = [];
  /** Of each, in bytes. */
  readonly #sizes: number[] = [];
  #count = 0;
  /** Where those of the span before begin. */
  #base = 0;

  /** Nothing is to be copied: what is in the buffer is moved, or gone. */
  forget(): void {
    this.#count = 0;
  }

  /** As `writeAttributes`. */
  write(writer: Writer, tag: number, attributes: object): void {
    const known = this.#count;
    // Whole only at the end: an attribute may throw when it is read.
    this.#count = 0;
    let from = this.#base;
    let bytes = 0;
    let at = 0;
    this.#base = writer.at;
    for (const key in attributes) {
      if (!Object.hasOwn(attributes, key)) continue;
      const value: unknown = (attributes as Record<string, unknown>)[key];
      if (at < known && this.#keys[at] === key && this.#values[at] === value && typeof value !== 'object') {
        bytes += this.#sizes[at] ?? 0;
      } else {
        if (bytes > 0) writer.again(from, bytes);
        from += bytes + (at < known ? (this.#sizes[at] ?? 0) : 0);
        bytes = 0;
        this.#add(writer, tag, at, key, value);
      }
      at += 1;
    }
    if (bytes > 0) writer.again(from, bytes);
    this.#count = at;
  }

  #add(writer: Writer, tag: number, at: number, key: string, value: unknown): void {
    const begin = writer.at;
    writeAttribute(writer, tag, key, value);
    this.#keys[at] = key;
    this.#values[at] = value;
    this.#sizes[at] = writer.at - begin;
  }
}
