/** Slots a wheel looks ahead; a power of two. */
const SIZE = 64;

/**
 * A timing wheel over the slots of the clock. An item may be put in again at any time: only the entry that agrees with what
 * `dueOf` says counts, older ones are dropped as they come up. So moving an item is setting its due slot and adding it.
 */
export class TimerWheel<T> {
  readonly #buckets: T[][] = Array.from({ length: SIZE }, () => []);
  #spare: T[] = [];

  /** @param dueOf the slot an item is due in, any past one (e.g. −1) for never */
  constructor(private readonly dueOf: (item: T) => number) {}

  /** Puts an item in under its due slot, which must lie less than 64 slots ahead of the next one to run. */
  add(item: T): void {
    this.#buckets[this.dueOf(item) & (SIZE - 1)]?.push(item);
  }

  /** Calls `visit` for every item due in `slot`. Items added meanwhile, even for the same bucket, wait for their slot. */
  run(slot: number, visit: (item: T) => void): void {
    const at = slot & (SIZE - 1);
    const bucket = this.#buckets[at];
    if (bucket === undefined || bucket.length === 0) return;
    this.#buckets[at] = this.#spare;
    for (const item of bucket) {
      if (this.dueOf(item) === slot) visit(item);
    }
    bucket.length = 0;
    this.#spare = bucket;
  }
}
