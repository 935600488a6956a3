import { ipKeyGenerator, MemoryStore, type Options } from 'express-rate-limit';

/** What an address may get wrong per minute. */
const MOST_WRONG = 20;
const WINDOW_MS = 60_000;

/**
 * Counts what an address gets wrong: API keys, resume URLs, short links. It only tells what to answer the wrong ones: whoever has it right is never
 * kept out by somebody else at the same address.
 */
export class WrongGuesses {
  readonly #counted = new MemoryStore();

  constructor() {
    // The store asks for all options of the middleware and reads this one.
    this.#counted.init({ windowMs: WINDOW_MS } as Options);
  }

  /** Counts one more; true when there were too many in the last minute. */
  async tooMany(address: string): Promise<boolean> {
    const { totalHits } = await this.#counted.increment(ipKeyGenerator(address));
    return totalHits > MOST_WRONG;
  }

  close(): void {
    this.#counted.shutdown();
  }
}
