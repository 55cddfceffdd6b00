import type { Attributes } from '../model.js';
import type { Attribute } from '../page-api.js';
import { ATTRIBUTE_TYPES, eachAttribute } from './attribute-text.js';
import type { Dictionary } from './dictionary.js';
import type { Renumbered } from './numbered.js';

const FIRST_CAPACITY = 256;
/** A key, a value and a type. */
const ATTRIBUTE_BYTES = 9;

/** The place of no number. */
const NONE = -1;

/** What the attributes of some rows have in common, each once. */
export interface NumberedAttributes {
  readonly keys: Renumbered<readonly [key: string, type: Attribute[2]]>;
  readonly texts: Renumbered<string>;
}

/** The attributes of many rows, one after another. */
export class AttributeColumns {
  readonly #dictionary: Dictionary;
  #keys = new Uint32Array(FIRST_CAPACITY);
  #values = new Uint32Array(FIRST_CAPACITY);
  #types = new Uint8Array(FIRST_CAPACITY);
  #size = 0;
  /** Where each row begins; the last one where the next will. */
  readonly #from: number[] = [0];

  constructor(dictionary: Dictionary) {
    this.#dictionary = dictionary;
  }

  get bytes(): number {
    return this.#keys.length * ATTRIBUTE_BYTES + this.#from.length * 8;
  }

  /** Of the next row. */
  add(attributes: Attributes): void {
    eachAttribute(attributes, this.#addOne);
    this.#from.push(this.#size);
  }

  readonly #addOne = (key: string, text: string, type: Attribute[2]): void => {
    this.#reserve(this.#size + 1);
    this.#keys[this.#size] = this.#dictionary.add(key);
    this.#values[this.#size] = this.#dictionary.add(text);
    this.#types[this.#size] = ATTRIBUTE_TYPES.indexOf(type);
    this.#size += 1;
  };

  read(row: number): Attribute[] {
    const list: Attribute[] = [];
    for (let at = this.#from[row] ?? 0; at < (this.#from[row + 1] ?? 0); at++) {
      const type = ATTRIBUTE_TYPES[this.#types[at] ?? 0] ?? 'string';
      list.push([this.#dictionary.text(this.#keys[at] ?? 0), this.#dictionary.text(this.#values[at] ?? 0), type]);
    }
    return list;
  }

  /** The same as two numbers each: of its key with its type, and of its text. @param numbered of these columns */
  number(row: number, { keys, texts }: NumberedAttributes, to: number[]): void {
    for (let at = this.#from[row] ?? 0; at < (this.#from[row + 1] ?? 0); at++) {
      const [key, type, text] = [this.#keys[at] ?? 0, this.#types[at] ?? 0, this.#values[at] ?? 0];
      to.push(
        keys.of(key * ATTRIBUTE_TYPES.length + type, () => [
          this.#dictionary.text(key),
          ATTRIBUTE_TYPES[type] ?? 'string',
        ]),
        texts.of(text, () => this.#dictionary.text(text)),
      );
    }
  }

  /** Calls `found` with each row that has such a value, and such a key where `keys` is given; with a row perhaps twice. */
  search(values: Uint8Array, keys: Uint8Array | undefined, found: (row: number) => void): void {
    let row = 0;
    for (let at = 0; at < this.#size; at++) {
      if (values[this.#values[at] ?? NONE] !== 1) continue;
      if (keys !== undefined && keys[this.#keys[at] ?? NONE] !== 1) continue;
      while ((this.#from[row + 1] ?? Number.POSITIVE_INFINITY) <= at) row += 1;
      found(row);
    }
  }

  seal(): void {
    this.#keys = this.#keys.slice(0, this.#size);
    this.#values = this.#values.slice(0, this.#size);
    this.#types = this.#types.slice(0, this.#size);
  }

  #reserve(size: number): void {
    if (size <= this.#keys.length) return;
    const capacity = Math.max(size, 2 * this.#keys.length);
    const grown = <T extends Uint32Array | Uint8Array>(from: T, to: T): T => {
      to.set(from);
      return to;
    };
    this.#keys = grown(this.#keys, new Uint32Array(capacity));
    this.#values = grown(this.#values, new Uint32Array(capacity));
    this.#types = grown(this.#types, new Uint8Array(capacity));
  }
}
