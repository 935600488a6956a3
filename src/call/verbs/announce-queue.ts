/** Announcements one call keeps at most, the one that sounds included. */
const MOST_WAITING = 50;

/** A place in the queue. */
export interface QueueSlot {
  /** Resolves when all earlier slots have passed. */
  readonly come: Promise<unknown>;
  /** Lets the next slot go on. Idempotent. */
  pass(): void;
}

/**
 * The announcements of a leg, first in, first out. They reach the media engine, which plays them one by one, in the order they were asked for,
 * however long each takes to be rendered.
 */
export class AnnounceQueue {
  #last: Promise<void> = Promise.resolve();
  #open = 0;

  /** True when no more are taken for now. */
  get full(): boolean {
    return this.#open >= MOST_WAITING;
  }

  /** Takes the next slot. */
  enqueue(): QueueSlot {
    const come = this.#last;
    let pass: () => void = () => undefined;
    const passed = new Promise<void>((resolve) => {
      pass = resolve;
    });
    this.#last = Promise.all([come, passed]).then(() => undefined);
    return { come, pass };
  }

  /** Counts an announcement until it is over. */
  async count<T>(announcement: Promise<T>): Promise<T> {
    this.#open++;
    try {
      return await announcement;
    } finally {
      this.#open--;
    }
  }
}
