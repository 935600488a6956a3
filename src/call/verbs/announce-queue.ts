/** Announcements one call keeps at most, the one that sounds included. */
const MOST_WAITING = 50;

/** A place in the row. */
export interface Turn {
  /** Resolves once everybody before has passed. */
  readonly come: Promise<unknown>;
  /** Lets the next one go on. Idempotent. */
  pass(): void;
}

/**
 * The row of a call's announcements: they reach the media engine, which says them one by one, in the order they were asked for,
 * however long each takes to be rendered.
 */
export class Announcements {
  #last: Promise<void> = Promise.resolve();
  #open = 0;

  /** True when no more are taken for now. */
  get full(): boolean {
    return this.#open >= MOST_WAITING;
  }

  /** Takes the next place. */
  queue(): Turn {
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
