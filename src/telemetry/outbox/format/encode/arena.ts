const SLAB_BYTES = 256 * 1024;
/** Larger pieces get a buffer of their own. */
const SMALL_BYTES = 16 * 1024;

/**
 * Keeps small pieces one behind the other in large buffers: what waits to be sent then costs no allocation of its own,
 * and neighbours can be sent as one piece.
 */
export class Arena {
  #slab = Buffer.allocUnsafeSlow(0);
  #used = 0;

  /** A copy of the first `length` bytes. */
  keep(bytes: Buffer, length: number): Uint8Array {
    if (length > SMALL_BYTES) return Buffer.from(bytes.subarray(0, length));
    if (this.#used + length > this.#slab.length) {
      this.#slab = Buffer.allocUnsafeSlow(SLAB_BYTES);
      this.#used = 0;
    }
    const kept = new Uint8Array(this.#slab.buffer, this.#used, length);
    // For as few bytes as a span has, a loop costs less than the view that a copy would need.
    for (let i = 0; i < length; i++) kept[i] = bytes[i]!;
    this.#used += length;
    return kept;
  }
}
