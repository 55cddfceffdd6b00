import { FRAME, frameOfNumbers, WINDOW_BYTES } from './frames.js';

/** Lets the other side go on sending: of a stream, or of the connection as stream 0. RFC 9113, 6.9. */
export class ReceiveWindow {
  readonly #stream: number;
  #taken = 0;

  constructor(stream: number) {
    this.#stream = stream;
  }

  /** The frames to send after so many bytes came: none for an answer like most, which is a few. */
  took(bytes: number): readonly Buffer[] {
    this.#taken += bytes;
    if (this.#taken < WINDOW_BYTES / 2) return [];
    const taken = this.#taken;
    this.#taken = 0;
    return [frameOfNumbers(FRAME.window, this.#stream, taken)];
  }
}
