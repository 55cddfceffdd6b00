import { FRAME_BYTES, Http2Fault, MAX_31, SETTING, WINDOW_BYTES } from './frames.js';

const MOST_FRAME_BYTES = 2 ** 24 - 1;
const ENTRY_BYTES = 6;

/** What the other side allows, as RFC 9113, 6.5.2, has it from the start. */
export class PeerSettings {
  /** Requests at once. */
  concurrent = Number.POSITIVE_INFINITY;
  windowBytes = WINDOW_BYTES;
  frameBytes = FRAME_BYTES;

  /** Throws Http2Fault for a value that cannot be. */
  read(content: Buffer): void {
    if (content.length % ENTRY_BYTES !== 0) throw new Http2Fault('FRAME_SIZE_ERROR', 'settings that are cut off');
    for (let at = 0; at < content.length; at += ENTRY_BYTES) {
      this.#set(content.readUInt16BE(at), content.readUInt32BE(at + 2));
    }
  }

  #set(name: number, value: number): void {
    if (name === SETTING.concurrent) this.concurrent = value;
    if (name === SETTING.window) {
      if (value > MAX_31) throw new Http2Fault('FLOW_CONTROL_ERROR', `a window of ${value} bytes`);
      this.windowBytes = value;
    }
    if (name === SETTING.frame) {
      if (value < FRAME_BYTES || value > MOST_FRAME_BYTES) {
        throw new Http2Fault('PROTOCOL_ERROR', `frames of ${value} bytes`);
      }
      this.frameBytes = value;
    }
  }
}
