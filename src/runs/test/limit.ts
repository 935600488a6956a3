import type { Clock } from '../../lib/clock.js';

/** Test requests in a minute, and at once: enough for people, too few to flood a service. */
const PER_MINUTE = 30;
const AT_ONCE = 5;
const MINUTE_MS = 60_000;

/** Counts test requests. */
export class TestLimit {
  #begun: readonly number[] = [];
  #running = 0;

  constructor(private readonly clock: Clock) {}

  /** Runs it, or answers null when there are too many. */
  async run<T>(test: () => Promise<T>): Promise<T | null> {
    const now = this.clock.monotonic();
    this.#begun = this.#begun.filter((at) => now - at < MINUTE_MS);
    if (this.#running >= AT_ONCE || this.#begun.length >= PER_MINUTE) return null;
    this.#begun = [...this.#begun, now];
    this.#running += 1;
    try {
      return await test();
    } finally {
      this.#running -= 1;
    }
  }
}
