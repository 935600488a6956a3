import type { Call } from './call.js';

/** The live calls of this process, and the work that outlives them (a flow's last steps, its report). */
export class CallRegistry {
  readonly #calls = new Map<string, Call>();
  readonly #work = new Set<Promise<unknown>>();
  readonly #idleWaiters = new Set<() => void>();

  /** Calls that are not over. */
  get size(): number {
    return this.#calls.size;
  }

  add(call: Call): void {
    this.#calls.set(call.id, call);
  }

  remove(id: string): void {
    this.#calls.delete(id);
    this.#checkIdle();
  }

  find(id: string): Call | null {
    return this.#calls.get(id) ?? null;
  }

  all(): readonly Call[] {
    return [...this.#calls.values()];
  }

  /** Counts `work` as unfinished business until it settles. */
  track(work: Promise<unknown>): void {
    const settled = work
      .catch(() => undefined)
      .finally(() => {
        this.#work.delete(settled);
        this.#checkIdle();
      });
    this.#work.add(settled);
  }

  /** Resolves when no call lives and no tracked work runs; at once when that is so now. */
  idle(): Promise<void> {
    if (this.#isIdle()) return Promise.resolve();
    return new Promise((resolve) => {
      this.#idleWaiters.add(resolve);
    });
  }

  #isIdle(): boolean {
    return this.#calls.size === 0 && this.#work.size === 0;
  }

  #checkIdle(): void {
    if (!this.#isIdle()) return;
    for (const resolve of this.#idleWaiters) resolve();
    this.#idleWaiters.clear();
  }
}
