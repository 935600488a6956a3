import { HeadCheck } from './head-check.js';

/** So many lines for every so many bytes of what a response may say beside its body. */
const LINES_AND_BYTES = { lines: 300, bytes: 16_384 };
/**
 * What the sizes of chunks and the line ends around them may take beyond as much as the body itself, bytes: thousands of chunks of a byte
 * each.
 */
const MAX_OVERHEAD = 65_536;

const CR = 0x0d;
const LF = 0x0a;
const ZERO = 0x30;
/** Places of the first and the last digit of the status in `HTTP/1.1 200`. */
const STATUS_AT = 9;
const STATUS_END = 11;
const CONTINUE = 100;
/** The last digit of 102 (Processing). */
const TWO = 0x32;

const CODING = 'transfer-encoding:';
const LOWER = 0x20;

/**
 * Where in a response we are. `body`: what comes is not looked at; it has a length, goes on to the end of the connection, or makes no
 * sense and is the parser's to refuse. `size`: the line before a chunk. `end`: the line end behind one.
 */
type Place = 'head' | 'body' | 'size' | 'extension' | 'chunk' | 'end' | 'trailers';

/**
 * Reads along the framing of HTTP/1 responses (RFC 9112 §4, §7.1) and counts what is not body: headers, extensions of chunks, trailers.
 * Bodies themselves are skipped over. A body in chunks of a few bytes is fine, a megabyte of them is work for nobody's good. undici minds
 * only the bytes of names and values, each header by itself, goes on with what it has read when it is too much, and lets extensions go on
 * for ever.
 *
 * A 100 that nobody asked for is made a 102 on its way: a client has to take it like any other interim response (RFC 9110 §15.2), and
 * undici ends the connection instead.
 */
export class Framing {
  readonly #maxLines: number;
  readonly #check = new HeadCheck();
  #place: Place = 'head';
  #bytes = 0;
  #lines = 0;
  /** Characters of the line so far, and whether it is the status line of a response. */
  #column = 0;
  #first = true;
  #status = 0;
  /** Characters of this line that are those of `Transfer-Encoding:`, and what follows them. */
  #matched = 0;
  #coding = '';
  #chunked = false;
  /** Bytes left of the chunk. */
  #left = 0;
  /** Bytes of sizes and line ends, less those of the chunks. */
  #overhead = 0;

  /**
   * @param maxBytes what a response may say beside its body: before it (status line and headers, interim responses included), and again in
   * and after it
   */
  constructor(private readonly maxBytes: number) {
    const { lines, bytes } = LINES_AND_BYTES;
    this.#maxLines = Math.max(lines, Math.floor((maxBytes / bytes) * lines));
  }

  /** What is wrong with the head, as a sentence part; null when nothing is. */
  get mistake(): string | null {
    return this.#check.mistake;
  }

  /** A new response follows. */
  begin(): void {
    this.#check.begin();
    this.#place = 'head';
    this.#first = true;
    this.#chunked = false;
    this.#bytes = this.#lines = this.#overhead = this.#status = 0;
    this.#beginLine();
  }

  /** Reads on, writing over the one digit that is to be another; false when more is said beside the body than may be. */
  accepts(bytes: Buffer): boolean {
    for (let i = 0; this.#place !== 'body' && i < bytes.length; i += 1) {
      if (this.#place === 'chunk') i += this.#skip(bytes.length - i);
      const byte = bytes[i];
      if (byte === undefined) break;
      if (this.#place === 'head' && this.#first) this.#readStatus(bytes, i);
      this.#read(byte);
      if (this.#bytes > this.maxBytes || this.#lines > this.#maxLines || this.#overhead > MAX_OVERHEAD) return false;
    }
    return true;
  }

  /** Goes over what is there of the chunk. */
  #skip(there: number): number {
    const skipped = Math.min(there, this.#left);
    this.#left -= skipped;
    this.#overhead -= skipped;
    if (this.#left === 0) this.#place = 'end';
    return skipped;
  }

  #read(byte: number): void {
    switch (this.#place) {
      case 'head':
        this.#readHead(byte);
        return;
      case 'size':
        this.#overhead += 1;
        this.#readSize(byte);
        return;
      case 'extension':
        if (byte === LF) this.#beginChunk();
        else this.#bytes += 1;
        return;
      case 'end':
        this.#overhead += 1;
        if (byte === LF) this.#beginSize();
        else if (byte !== CR) this.#place = 'body';
        return;
      case 'trailers':
        this.#readTrailer(byte);
        return;
      default:
        return;
    }
  }

  /** Reads a digit of the status, if that is what stands there. */
  #readStatus(bytes: Buffer, at: number): void {
    if (this.#column < STATUS_AT || this.#column > STATUS_END) return;
    this.#status = this.#status * 10 + (bytes[at] ?? 0) - ZERO;
    if (this.#column === STATUS_END && this.#status === CONTINUE) bytes[at] = TWO;
  }

  #readHead(byte: number): void {
    this.#bytes += 1;
    if (this.#bytes > this.maxBytes) return;
    this.#check.read(byte);
    if (byte === CR) return;
    if (byte !== LF) {
      this.#readName(byte);
      this.#column += 1;
      return;
    }
    this.#lines += 1;
    const blank = this.#column === 0;
    if (this.#coding !== '') this.#chunked = /\bchunked\s*$/iu.test(this.#coding);
    this.#beginLine();
    // A blank line before a status line means nothing; one after it ends a response's headers.
    if (!blank) this.#first = false;
    else if (!this.#first) this.#endHead();
  }

  /** Keeps the value of the one header that tells how the body is framed. */
  #readName(byte: number): void {
    if (this.#matched === CODING.length) this.#coding += String.fromCharCode(byte);
    else if (this.#matched === this.#column && (byte | LOWER) === CODING.charCodeAt(this.#column)) this.#matched += 1;
  }

  #endHead(): void {
    this.#first = true;
    const chunked = this.#chunked;
    this.#chunked = false;
    const interim = this.#status < 200;
    this.#status = 0;
    if (interim) {
      this.#check.begin();
      return;
    }
    this.#bytes = this.#lines = 0;
    if (chunked) this.#beginSize();
    else this.#place = 'body';
  }

  #beginLine(): void {
    this.#column = this.#matched = 0;
    this.#coding = '';
  }

  #beginSize(): void {
    this.#place = 'size';
    this.#left = 0;
  }

  #readSize(byte: number): void {
    if (byte === LF) {
      this.#beginChunk();
      return;
    }
    if (byte === CR) return;
    const digit = Number.parseInt(String.fromCharCode(byte), 16);
    if (Number.isNaN(digit)) {
      this.#place = 'extension';
      this.#bytes += 1;
      return;
    }
    this.#left = this.#left * 16 + digit;
  }

  /** The chunk without a byte is the last one. */
  #beginChunk(): void {
    this.#place = this.#left > 0 ? 'chunk' : 'trailers';
    this.#column = 0;
  }

  #readTrailer(byte: number): void {
    this.#bytes += 1;
    if (byte === CR) return;
    if (byte !== LF) {
      this.#column += 1;
      return;
    }
    this.#lines += 1;
    // What follows the blank line belongs to no response.
    if (this.#column === 0) this.#place = 'body';
    this.#column = 0;
  }
}
