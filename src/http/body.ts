/** Longer chunks are kept as they come, bytes. */
const SMALL = 1024;
const MIN_PIECE = 4096;
const MAX_PIECE = 65_536;

/**
 * Collects the body of a response. Small chunks are copied into pieces, each as large as all before it, up to a limit: what a server sends
 * byte by byte would else be kept as a million buffers, a hundred times its size.
 */
export class ResponseBody {
  readonly #kept: Buffer[] = [];
  /** What small chunks go into; its first bytes are kept already, then come those used. */
  #piece = Buffer.alloc(0);
  #used = 0;
  /** Bytes. */
  size = 0;

  append(chunk: Buffer): void {
    if (chunk.length < SMALL) this.#copy(chunk);
    else {
      this.#keepUsed();
      this.#kept.push(chunk);
    }
    this.size += chunk.length;
  }

  /** All of it, in one buffer of its own. */
  whole(): Buffer {
    this.#keepUsed();
    return Buffer.concat(this.#kept);
  }

  #copy(chunk: Buffer): void {
    if (this.#used + chunk.length > this.#piece.length) {
      this.#keepUsed();
      this.#piece = Buffer.allocUnsafeSlow(Math.min(Math.max(this.size, MIN_PIECE), MAX_PIECE));
    }
    this.#used += chunk.copy(this.#piece, this.#used);
  }

  #keepUsed(): void {
    if (this.#used === 0) return;
    this.#kept.push(this.#piece.subarray(0, this.#used));
    this.#piece = this.#piece.subarray(this.#used);
    this.#used = 0;
  }
}
