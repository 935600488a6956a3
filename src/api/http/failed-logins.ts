import { MemoryStore, type Options } from 'express-rate-limit';
import { networkOf } from '../../lib/network-of.js';

/** Failures of one address per minute before it is throttled. */
const MAX_FAILED = 20;
const WINDOW_MS = 60_000;

/**
 * Counts the wrong API keys, resume URLs and short links that each address sends. The count decides how a wrong request is answered; a request
 * with a right key is never refused because of others from the same address.
 */
export class FailedLogins {
  readonly #counted = new MemoryStore();

  constructor() {
    // The store asks for all options of the middleware and reads this one.
    this.#counted.init({ windowMs: WINDOW_MS } as Options);
  }

  /** Counts one more; true when there were too many in the last minute. */
  async tooMany(address: string): Promise<boolean> {
    const { totalHits } = await this.#counted.increment(networkOf(address));
    return totalHits > MAX_FAILED;
  }

  close(): void {
    this.#counted.shutdown();
  }
}
