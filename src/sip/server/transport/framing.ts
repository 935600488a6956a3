import { LIMITS } from '../message/message.js';

/** What came off a stream. `broken`: the bytes up to the failure, after which nothing can be framed any more. */
export type Framed = { readonly kind: 'message'; readonly bytes: Buffer } | { readonly kind: 'ping' } | Broken;

interface Broken {
  readonly kind: 'broken';
  readonly bytes: Buffer;
}

const LENGTH_LINE = /\r\n(?:content-length|l)[ \t]*:[ \t]*(\d{1,9})[ \t]*(?:\r\n|$)/gi;
const EMPTY: Buffer = Buffer.alloc(0);

/**
 * Cuts a stream into messages by Content-Length (RFC 3261 §18.3) and finds keep-alive pings (double CRLF, RFC 5626 §3.5.1).
 * Holds at most one message of {@link LIMITS}; work is linear in the bytes that arrive.
 */
export class StreamFramer {
  #buffered = EMPTY;
  #chunks: Buffer[] = [];
  #held = 0;
  /** Bytes the message being read needs in all; 0 while its head is not complete. */
  #needed = 0;
  /** How far the end of the head was looked for. */
  #scanned = 0;
  /** The last that came was one CRLF: another is the second half of a ping. */
  #halfPing = false;

  /** A message has begun and is not complete. */
  get partial(): boolean {
    return this.#held > 0;
  }

  /** Takes what arrived and returns what is complete. After `broken` the stream must be closed. */
  push(chunk: Buffer): Framed[] {
    this.#chunks.push(chunk);
    this.#held += chunk.length;
    if (this.#needed > this.#held) return [];
    this.#buffered = this.#chunks.length === 1 ? chunk : Buffer.concat(this.#chunks, this.#held);
    const framed: Framed[] = [];
    while (this.#buffered.length > 0) {
      const next = this.#next();
      if (next === null) break;
      framed.push(next);
      if (next.kind === 'broken') {
        this.#buffered = EMPTY;
        break;
      }
    }
    this.#held = this.#buffered.length;
    this.#chunks = this.#held === 0 ? [] : [this.#buffered];
    this.#buffered = EMPTY;
    return framed;
  }

  #next(): Framed | null {
    if (this.#needed === 0) {
      const blank = this.#skipBlankLines();
      if (blank !== 'head') return blank;
      const end = this.#buffered.indexOf('\r\n\r\n', Math.max(0, this.#scanned - 3), 'latin1');
      if (end === -1 || end > LIMITS.head) {
        this.#scanned = this.#buffered.length;
        return this.#scanned > LIMITS.head ? { kind: 'broken', bytes: this.#buffered } : null;
      }
      const length = contentLength(this.#buffered.toString('latin1', 0, end));
      if (length === null || length > LIMITS.body) return { kind: 'broken', bytes: this.#buffered };
      this.#needed = end + 4 + length;
    }
    if (this.#buffered.length < this.#needed) return null;
    const bytes = this.#take(this.#needed);
    this.#needed = 0;
    return { kind: 'message', bytes };
  }

  /** Before a message: a double CRLF is a ping, whatever pieces it comes in; a single one is a pong or padding. */
  #skipBlankLines(): Framed | null | 'head' {
    while (this.#buffered.length > 0) {
      if (this.#buffered[0] !== 13 || (this.#buffered.length > 1 && this.#buffered[1] !== 10)) {
        this.#halfPing = false;
        return 'head';
      }
      if (this.#buffered.length === 1) return null;
      this.#take(2);
      this.#halfPing = !this.#halfPing;
      if (!this.#halfPing) return { kind: 'ping' };
    }
    return null;
  }

  #take(count: number): Buffer {
    const bytes = this.#buffered.subarray(0, count);
    this.#buffered = this.#buffered.subarray(count);
    this.#scanned = 0;
    return bytes;
  }
}

/** On a stream Content-Length is mandatory, once, and a number (RFC 3261 §20.14); null otherwise. */
function contentLength(head: string): number | null {
  const found = [...head.matchAll(LENGTH_LINE)];
  return found.length === 1 && found[0]?.[1] !== undefined ? Number(found[0][1]) : null;
}
