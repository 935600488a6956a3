const EMPTY: Buffer = Buffer.alloc(0);
const HASH = 35;

/** Longest frame of an authenticated application, bytes. */
export const MAX_FRAME = 1024 * 1024;

/**
 * Cuts the control stream into frames `<decimal byte length>#<message>`. Linear in the bytes that arrive, holds one frame.
 */
export class FrameReader {
  #chunks: Buffer[] = [];
  #held = 0;
  #needed = 0;

  /**
   * Takes what arrived and returns the complete frames; null when the stream is no such stream or a frame is longer than `max`
   * bytes: the connection must then be closed.
   */
  push(chunk: Buffer, max: number): Buffer[] | null {
    this.#chunks.push(chunk);
    this.#held += chunk.length;
    if (this.#held < this.#needed) return [];
    let buffer: Buffer = this.#chunks.length === 1 ? chunk : Buffer.concat(this.#chunks, this.#held);
    const frames: Buffer[] = [];
    this.#needed = 0;
    while (buffer.length > 0) {
      const hash = buffer.subarray(0, 9).indexOf(HASH);
      const digits = buffer.toString('latin1', 0, hash === -1 ? Math.min(buffer.length, 9) : hash);
      if (!/^\d{1,8}$/.test(digits) || (hash !== -1 && (Number(digits) === 0 || Number(digits) > max))) return null;
      if (hash === -1) break;
      const end = hash + 1 + Number(digits);
      if (buffer.length < end) {
        this.#needed = end;
        break;
      }
      frames.push(buffer.subarray(hash + 1, end));
      buffer = buffer.subarray(end);
    }
    this.#held = buffer.length;
    this.#chunks = buffer.length === 0 ? [] : [buffer];
    return frames;
  }
}

/** A frame from its text and the SIP message behind it. */
export function frame(text: string, sip: Buffer = EMPTY): Buffer {
  const length = Buffer.byteLength(text) + sip.length;
  const prefix = `${length}#${text}`;
  if (sip.length === 0) return Buffer.from(prefix);
  const bytes = Buffer.allocUnsafe(length + String(length).length + 1);
  const at = bytes.write(prefix, 0);
  sip.copy(bytes, at);
  return bytes;
}
