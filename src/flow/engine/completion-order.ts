import { setImmediate } from 'node:timers/promises';

/**
 * Lets the answers of operations that run at once in one at a time: the next one waits until everything the last one set going has
 * happened. So the order of the journal alone decides who wins a race, and a replay, which hands out one answer after the other,
 * takes the same way. Costs nothing while a widget does one thing at a time.
 */
export class CompletionOrder {
  readonly #pending = new Set<number>();
  /** The turn of the last answer that had company: the number of questions asked by then, and its end. */
  #turn: { readonly asked: number; readonly over: Promise<void> } | null = null;

  /** A question was asked; its number grows by the question. */
  asked(ask: number): void {
    this.#pending.add(ask);
  }

  /** Its answer will not be let in. */
  dropped(ask: number): void {
    this.#pending.delete(ask);
  }

  /**
   * Null when the answer may come in now, else what it has to wait for before it asks again. A question that was asked in the turn is
   * part of it: its answer follows at once.
   *
   * @param ask number of the question
   * @param asked questions asked so far
   */
  enter(ask: number, asked: number): Promise<void> | null {
    if (this.#turn !== null && ask <= this.#turn.asked) return this.#turn.over;
    this.#pending.delete(ask);
    if (this.#pending.size > 0) this.#begin(asked);
    return null;
  }

  #begin(asked: number): void {
    const turn = {
      asked,
      // A turn of the event loop empties the promise queue.
      over: setImmediate().then(() => {
        if (this.#turn === turn) this.#turn = null;
      }),
    };
    this.#turn = turn;
  }
}
