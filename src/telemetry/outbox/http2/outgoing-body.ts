import { FLAG, FRAME, frame, Http2Fault, MAX_31 } from './frames.js';

/** How much may still be sent: RFC 9113, 6.9. May be below 0 after a change of the settings. */
export class SendWindow {
  #left: number;

  constructor(bytes: number) {
    this.#left = bytes;
  }

  get left(): number {
    return this.#left;
  }

  /** Throws Http2Fault if it becomes larger than a window can be. */
  add(bytes: number): void {
    this.#left += bytes;
    if (this.#left > MAX_31) throw new Http2Fault('FLOW_CONTROL_ERROR', 'a window of more than 2 ** 31 - 1 bytes');
  }

  take(bytes: number): void {
    this.#left -= bytes;
  }
}

/** The body of one request, sent as far as the windows of its stream and its connection let it. */
export class OutgoingBody {
  readonly #body: Uint8Array;
  readonly window: SendWindow;
  #sent = 0;

  constructor(body: Uint8Array, windowBytes: number) {
    this.#body = body;
    this.window = new SendWindow(windowBytes);
  }

  get isSent(): boolean {
    return this.#sent === this.#body.length;
  }

  /** The DATA frames that may go now. */
  frames(stream: number, connection: SendWindow, frameBytes: number): Buffer[] {
    const frames: Buffer[] = [];
    while (!this.isSent) {
      const room = Math.min(this.window.left, connection.left, frameBytes);
      if (room <= 0) break;
      const part = this.#body.subarray(this.#sent, this.#sent + room);
      this.#sent += part.length;
      this.window.take(part.length);
      connection.take(part.length);
      frames.push(frame(FRAME.data, this.isSent ? FLAG.endStream : 0, stream, part));
    }
    return frames;
  }
}
