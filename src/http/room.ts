/** What answers of all requests together may hold, bytes; what one may hold without asking. */
export interface RoomPolicy {
  readonly bytes: number;
  readonly freeBytes: number;
}

/** Eight of the largest answers of one host at once, and as many of small ones as there are calls. */
export const ROOM_POLICY: RoomPolicy = { bytes: 16 * 1_048_576, freeBytes: 65_536 };

interface Waiter {
  readonly share: Share;
  readonly bytes: number;
  readonly go: () => void;
}

/**
 * The memory for answers under way, shared by all requests of a client. A large answer needs a place before it is read on; until then
 * its server waits, and its own deadline runs. An origin gets no more than is left free for all others, so that one with a hundred large
 * answers leaves half of the room, and a second one half of that (dynamic thresholds of shared buffers, Choudhury and Hahne 1998).
 */
export class Room {
  readonly #held = new Map<string, number>();
  #free: number;
  #waiting: Waiter[] = [];

  constructor(readonly policy: RoomPolicy = ROOM_POLICY) {
    this.#free = policy.bytes;
  }

  /** The share of one exchange with that origin. */
  share(origin: string): Share {
    return new Share(this, origin);
  }

  /** Of a {@link Share}: takes the bytes now (true), or calls `go` when they are there. */
  take(share: Share, bytes: number, go: () => void): boolean {
    if (this.#grant(share, bytes)) return true;
    this.#waiting.push({ share, bytes, go });
    return false;
  }

  /** Of a {@link Share}: gives back what it held, and its place in line. */
  leave(share: Share, bytes: number): void {
    this.#waiting = this.#waiting.filter((waiter) => waiter.share !== share);
    if (bytes === 0) return;
    const held = (this.#held.get(share.origin) ?? 0) - bytes;
    if (held > 0) this.#held.set(share.origin, held);
    else this.#held.delete(share.origin);
    this.#free += bytes;
    const granted = this.#waiting.filter((waiter) => this.#grant(waiter.share, waiter.bytes));
    this.#waiting = this.#waiting.filter((waiter) => !granted.includes(waiter));
    for (const { go } of granted) go();
  }

  #grant(share: Share, bytes: number): boolean {
    const held = this.#held.get(share.origin) ?? 0;
    // Alone, even an answer larger than the whole room is read.
    if (held + bytes > this.#free && this.#held.size > 0) return false;
    this.#held.set(share.origin, held + bytes);
    this.#free -= bytes;
    share.held += bytes;
    return true;
  }
}

/** What one exchange holds of the room. Given back whole, when its answer has been read. */
export class Share {
  /** Bytes. Written by the room. */
  held = 0;

  constructor(
    private readonly room: Room,
    readonly origin: string,
  ) {}

  /** Bytes that need no place. */
  get freeBytes(): number {
    return this.room.policy.freeBytes;
  }

  /** Room for an answer of that size: true when there is some now; else `go` is called later, unless the share is closed before. */
  take(bytes: number, go: () => void): boolean {
    return this.room.take(this, bytes, go);
  }

  /** Idempotent. */
  close(): void {
    const { held } = this;
    this.held = 0;
    this.room.leave(this, held);
  }
}
