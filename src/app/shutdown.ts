import { jobFailed } from '../lib/log/background.js';
import type { Logger } from '../lib/log/log.js';

/** What is open, in order; closed in the opposite order, whatever of it there is. */
export class Opened {
  readonly #closers: (() => Promise<void> | void)[] = [];

  add(close: () => Promise<void> | void): void {
    this.#closers.unshift(close);
  }

  async close(log: Logger): Promise<void> {
    for (const close of this.#closers.splice(0)) {
      try {
        await close();
      } catch (error) {
        jobFailed('closing a part', log, error);
      }
    }
  }
}
