/** `bytes`: limit for the answers of all requests together. `freeBytes`: what each answer may hold beside it. */
export interface ByteBudgetPolicy {
  readonly bytes: number;
  readonly freeBytes: number;
}

/** Eight of the largest answers of one host at once, and as many of small ones as there are calls. */
export const BYTE_BUDGET_POLICY: ByteBudgetPolicy = { bytes: 16 * 1_048_576, freeBytes: 65_536 };

interface Waiter {
  readonly share: BudgetShare;
  readonly bytes: number;
  readonly go: () => void;
}

/**
 * Limits the memory for answers under way, for all requests of a client together. A large answer needs bytes of the budget before it is
 * read on; until then its server waits, and its own deadline runs. An origin gets at most as many bytes as are left free for all others: one
 * with a hundred large answers leaves half of the budget, and a second one half of that (dynamic thresholds of shared buffers, Choudhury and Hahne 1998).
 */
export class ByteBudget {
  readonly #held = new Map<string, number>();
  #free: number;
  #waiting: Waiter[] = [];

  constructor(readonly policy: ByteBudgetPolicy = BYTE_BUDGET_POLICY) {
    this.#free = policy.bytes;
  }

  /** The share of one exchange with that origin. */
  share(origin: string): BudgetShare {
    return new BudgetShare(this, origin);
  }

  /** For {@link BudgetShare}: takes the bytes now (true), or calls `go` when they are free. */
  take(share: BudgetShare, bytes: number, go: () => void): boolean {
    if (this.#grant(share, bytes)) return true;
    this.#waiting.push({ share, bytes, go });
    return false;
  }

  /** For {@link BudgetShare}: gives back the bytes it held, and its place in the queue. */
  release(share: BudgetShare, bytes: number): void {
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

  #grant(share: BudgetShare, bytes: number): boolean {
    const held = this.#held.get(share.origin) ?? 0;
    // An answer larger than the whole budget is read when no other is under way.
    if (held + bytes > this.#free && this.#held.size > 0) return false;
    this.#held.set(share.origin, held + bytes);
    this.#free -= bytes;
    share.held += bytes;
    return true;
  }
}

/** What one exchange holds of the budget. It gives all of it back when its answer has been read. */
export class BudgetShare {
  /** Bytes. Written by the budget. */
  held = 0;

  constructor(
    private readonly budget: ByteBudget,
    readonly origin: string,
  ) {}

  /** Bytes that are not counted against the budget. */
  get freeBytes(): number {
    return this.budget.policy.freeBytes;
  }

  /** Asks for bytes: true when they are free now; else `go` is called later, unless the share is closed before. */
  take(bytes: number, go: () => void): boolean {
    return this.budget.take(this, bytes, go);
  }

  /** Idempotent. */
  close(): void {
    const { held } = this;
    this.held = 0;
    this.budget.release(this, held);
  }
}
