import { jobFailed } from '../lib/log/background.js';
import type { Logger } from '../lib/log/log.js';

/**
 * Closes what was opened, the last one first. {@link add} a closing function for each part that opens; a start that fails half way then
 * closes what is open.
 */
export class Shutdown {
  readonly #closers: (() => Promise<void> | void)[] = [];

  add(close: () => Promise<void> | void): void {
    this.#closers.unshift(close);
  }

  /** Closes everything, once. A part that fails to close is logged as `BACKGROUND_JOB_FAILED` and the others are closed all the same. */
  async run(log: Logger): Promise<void> {
    for (const close of this.#closers.splice(0)) {
      try {
        await close();
      } catch (error) {
        jobFailed('closing a part', log, error);
      }
    }
  }
}
