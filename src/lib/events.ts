/** Event name → the tuple of its arguments. */
export type EventMap = Record<string, readonly unknown[]>;

/**
 * A typed emitter. A listener that throws never stops the others: the error is handed to `onListenerError`
 * (which is expected to log it), because one subscriber's bug must not end somebody else's call.
 */
export class Emitter<M extends EventMap> {
  readonly #listeners = new Map<keyof M, Set<(...args: never[]) => void>>();

  /** @param onListenerError told about every error a listener throws */
  constructor(private readonly onListenerError: (error: unknown, event: keyof M) => void) {}

  /** Adds a listener and returns the function that removes it. */
  on<K extends keyof M>(event: K, listener: (...args: M[K]) => void): () => void {
    const set = this.#listeners.get(event) ?? new Set();
    this.#listeners.set(event, set);
    const stored = listener as unknown as (...args: never[]) => void;
    set.add(stored);
    return () => {
      set.delete(stored);
    };
  }

  /** Calls every listener of `event` in the order they were added. */
  emit<K extends keyof M>(event: K, ...args: M[K]): void {
    for (const listener of [...(this.#listeners.get(event) ?? [])]) {
      try {
        (listener as unknown as (...args: M[K]) => void)(...args);
      } catch (error) {
        this.onListenerError(error, event);
      }
    }
  }
}
