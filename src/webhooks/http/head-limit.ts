import type { Socket } from 'node:net';
import { errors } from 'undici';

/** What a response may say before its body: status line and headers, interim responses included. */
const MAX_HEAD_BYTES = 16_384;
const MAX_HEAD_LINES = 300;
/** Everything of one response, chunk extensions and the like included: twice the largest body that is ever taken. */
const MAX_BYTES = 8_388_608;

const CR = 0x0d;
const LF = 0x0a;
const ONE = 0x31;
/** Place of the first digit of the status in `HTTP/1.1 200`. */
const STATUS_AT = 9;

/**
 * Counts what a server says before its body, and in all. undici minds only the bytes of names and values, each header by itself, and goes on with
 * what it has read when it is too much: 64 KiB of the shortest headers hold up every other call for 50 ms, and a status line or an extension
 * of a chunk may go on for ever.
 */
class Head {
  #requests = -1;
  #open = false;
  #total = 0;
  #bytes = 0;
  #lines = 0;
  /** Characters of the line so far, and whether it is the status line of a response. */
  #column = 0;
  #first = true;
  #interim = false;

  /**
   * False when it is too much.
   *
   * @param requests changes with every request sent on this connection (one at a time): a new head follows
   */
  accepts(chunk: Buffer, requests: number): boolean {
    if (requests !== this.#requests) this.#begin(requests);
    this.#total += chunk.length;
    if (this.#total > MAX_BYTES) return false;
    for (let i = 0; this.#open && i < chunk.length; i += 1) {
      this.#read(chunk[i] ?? 0);
      if (this.#bytes > MAX_HEAD_BYTES || this.#lines > MAX_HEAD_LINES) return false;
    }
    return true;
  }

  #begin(requests: number): void {
    this.#requests = requests;
    this.#open = this.#first = true;
    this.#total = this.#bytes = this.#lines = this.#column = 0;
  }

  #read(byte: number): void {
    this.#bytes += 1;
    if (byte === CR) return;
    if (byte !== LF) {
      if (this.#first && this.#column === STATUS_AT) this.#interim = byte === ONE;
      this.#column += 1;
      return;
    }
    this.#lines += 1;
    const blank = this.#column === 0;
    this.#column = 0;
    // A blank line before a status line means nothing; one after it ends a response's headers.
    if (!blank) this.#first = false;
    else if (!this.#first) {
      this.#first = true;
      this.#open = this.#interim;
    }
  }
}

/** Holds every response on a connection to these limits; one that breaks them ends the connection with undici's error for it. */
export function limitHeads(socket: Socket): void {
  const head = new Head();
  const read = socket.read.bind(socket);
  socket.read = (size?: number): unknown => {
    const chunk: unknown = read(size);
    if (!(chunk instanceof Buffer) || head.accepts(chunk, socket.bytesWritten)) return chunk;
    socket.destroy(new errors.HeadersOverflowError());
    return null;
  };
}
