/** What was last asked of a call's music. Audio takes its time to load; what was asked for since then counts. */
export class MusicOrders {
  #last = 0;

  /** Takes note of an order. */
  next(): number {
    return ++this.#last;
  }

  isLast(order: number): boolean {
    return order === this.#last;
  }
}
