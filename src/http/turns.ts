/** Work of which only so much is done at one time. The origins come by turns: a host with a hundred pieces keeps no other one waiting. */
export class Turns {
  /** By origin; the one served last stands last. */
  readonly #waiting = new Map<string, Set<() => void>>();
  #busy = 0;

  /** @param most how much is done at one time */
  constructor(private readonly most: number) {}

  /** Does the work when it is its turn; null when `signal` aborts before. */
  async run<T>(origin: string, work: () => Promise<T>, signal: AbortSignal): Promise<T | null> {
    if (this.#busy >= this.most && !(await this.#wait(origin, signal))) return null;
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
