/** How often conditions that depend on time alone are asked, ms. */
const ASK_EVERY_MS = 20;

interface Wait {
  readonly holds: () => boolean;
  readonly resolve: (held: boolean) => void;
  readonly limit: NodeJS.Timeout;
}

/** Conditions somebody waits for. */
export class Waiting {
  readonly #waits = new Set<Wait>();
  #asking: NodeJS.Timeout | null = null;
  #closed = false;

  /** True as soon as `holds`; false after `timeoutMs`, or when it is closed. */
  until(holds: () => boolean, timeoutMs: number): Promise<boolean> {
    const held = holds();
    if (held || this.#closed) return Promise.resolve(held);
    return new Promise((resolve) => {
      const wait = {
        holds,
        resolve,
        limit: setTimeout(() => {
          this.#settle(wait, false);
        }, timeoutMs),
      };
      this.#waits.add(wait);
      this.#asking ??= setInterval(() => {
        this.check();
      }, ASK_EVERY_MS);
    });
  }

  /** Asks every condition now. */
  check(): void {
    for (const wait of [...this.#waits]) if (wait.holds()) this.#settle(wait, true);
  }

  /** Resolves everything that waits, true for what holds at the end. */
  close(): void {
    this.#closed = true;
    for (const wait of [...this.#waits]) this.#settle(wait, wait.holds());
  }

  #settle(wait: Wait, held: boolean): void {
    clearTimeout(wait.limit);
    this.#waits.delete(wait);
    if (this.#waits.size === 0 && this.#asking !== null) {
      clearInterval(this.#asking);
      this.#asking = null;
    }
    wait.resolve(held);
  }
}
