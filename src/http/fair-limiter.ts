/** Limits how much work runs at one time. Waiting origins are served in turn (round robin), so one with a hundred pieces of work does not keep the others waiting. */
export class FairLimiter {
  /** By origin; the one served last stands last. */
  readonly #waiting = new Map<string, Set<() => void>>();
  #busy = 0;

  /** @param max how much runs at one time */
  constructor(private readonly max: number) {}

  /** Runs the work in its turn; null when `signal` aborts before. */
  async run<T>(origin: string, work: () => Promise<T>, signal: AbortSignal): Promise<T | null> {
    if (this.#busy >= this.max && !(await this.#wait(origin, signal))) return null;
    this.#busy += 1;
    try {
      return await work();
    } finally {
      this.#busy -= 1;
      this.#next();
    }
  }

  /** Until it is the turn (true) or too late. */
  #wait(origin: string, signal: AbortSignal): Promise<boolean> {
    return new Promise((resolve) => {
      const settle = (turn: boolean): void => {
        signal.removeEventListener('abort', giveUp);
        this.#remove(origin, go);
        resolve(turn);
      };
      const go = (): void => {
        settle(true);
      };
      const giveUp = (): void => {
        settle(false);
      };
      if (signal.aborted) {
        resolve(false);
        return;
      }
      signal.addEventListener('abort', giveUp, { once: true });
      const waiting = this.#waiting.get(origin) ?? new Set();
      this.#waiting.set(origin, waiting.add(go));
    });
  }

  #next(): void {
    const [first] = this.#waiting;
    if (first === undefined) return;
    const [origin, waiting] = first;
    this.#waiting.delete(origin);
    this.#waiting.set(origin, waiting);
    const [go] = waiting;
    go?.();
  }

  #remove(origin: string, go: () => void): void {
    const waiting = this.#waiting.get(origin);
    waiting?.delete(go);
    if (waiting?.size === 0) this.#waiting.delete(origin);
  }
}
