import type { Clock } from '../clock.js';

/** Writes bytes and says how many were taken, or why none. Like `fs.write`. */
export type WriteBytes = (bytes: Buffer, done: (error: NodeJS.ErrnoException | null, written: number) => void) => void;

/** Lines that wait at most, characters; what comes on top is lost and counted. */
const MAX_WAITING = 8 * 1024 * 1024;
/** Until a full pipe or a full disk is tried again, ms. */
const AGAIN_MS = 100;
/** Nobody will ever read this again: the reader of a pipe is gone, or the descriptor is closed. */
const GONE = new Set(['EPIPE', 'EBADF']);

/**
 * Where log lines go, without anybody waiting for them. A disk that is full, a pipe that is, a terminal that is gone: none of it is worth
 * a call. Lines wait until they can be written, as long as they are not too many, and the next one that can says how many were lost.
 */
export class LogOutput {
  #waiting: string[] = [];
  /** Characters of the lines that wait. */
  #chars = 0;
  /** Bytes being written, or to be tried again when `#inHand` is false. */
  #rest: Buffer = Buffer.alloc(0);
  #inHand = false;
  #lost = 0;
  #gone = false;

  /** @param lossLine the line that says how many were lost, with its line end */
  constructor(
    private readonly writeBytes: WriteBytes,
    private readonly clock: Pick<Clock, 'after'>,
    private readonly lossLine: (lost: number) => string,
  ) {}

  /** Takes a line, its line end included. Never throws. */
  write(line: string): void {
    if (this.#gone) return;
    if (this.#chars + line.length > MAX_WAITING) {
      this.#lost += 1;
      return;
    }
    this.#waiting.push(line);
    this.#chars += line.length;
    // Those of one moment are written together.
    if (this.#waiting.length === 1 && this.#rest.length === 0) queueMicrotask(() => this.#next());
  }

  /** The lines that wait, for code that ends the process and writes them itself. Lines that are being written now are not in it. */
  takeRest(): Buffer {
    const begun = this.#inHand ? Buffer.alloc(0) : this.#rest;
    return Buffer.concat([begun, this.#takeLines()]);
  }

  #takeLines(): Buffer {
    const lines = this.#lost === 0 ? this.#waiting : [...this.#waiting, this.lossLine(this.#lost)];
    this.#waiting = [];
    this.#chars = this.#lost = 0;
    return Buffer.from(lines.join(''));
  }

  #next(): void {
    this.#rest = this.#takeLines();
    if (this.#rest.length > 0) this.#attempt();
  }

  #attempt(): void {
    this.#inHand = true;
    this.writeBytes(this.#rest, (error, written) => {
      this.#inHand = false;
      if (error !== null) {
        this.#failed(error);
        return;
      }
      this.#rest = this.#rest.subarray(written);
      if (this.#rest.length > 0) this.#attempt();
      else this.#next();
    });
  }

  #failed({ code }: NodeJS.ErrnoException): void {
    if (GONE.has(code ?? '')) {
      this.#gone = true;
      this.#rest = Buffer.alloc(0);
      this.#takeLines();
      return;
    }
    this.clock.after(AGAIN_MS, () => {
      this.#attempt();
    });
  }
}
