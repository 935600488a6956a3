import type { DeliveryStore } from '../ports.js';
import type { DeliveryAttempt, Settlement } from '../../model/delivery.js';

/** Deliveries kept at most; beyond it the oldest is dropped and is then tried as if it had not been. */
const MOST = 10_000;

interface Kept {
  /** In order; those the store has not taken. */
  readonly attempts: readonly DeliveryAttempt[];
  /** What became of the delivery with the last one. */
  readonly after: Omit<Settlement, 'attempt'>;
  /** Monotonic ms from which it may be tried once more; Infinity when it is delivered or dead. */
  readonly next: number;
}

/**
 * Attempts that were made and that the store could not record. This process counts them all the same: a delivery that got through is not
 * sent again, one that did not waits its time, and the last attempt stays the last. A restart does not know them and delivers once more.
 */
export class UnrecordedAttempts {
  readonly #kept = new Map<string, Kept>();

  constructor(private readonly store: Pick<DeliveryStore, 'settle'>) {}

  /** How many attempts of a delivery the store does not have. */
  count(id: string): number {
    return this.#kept.get(id)?.attempts.length ?? 0;
  }

  /** Whether another attempt may be made, at monotonic ms `now`. */
  mayTry(id: string, now: number): boolean {
    return (this.#kept.get(id)?.next ?? 0) <= now;
  }

  /**
   * Records an attempt, and before it those that were not. What the store does not take is kept; the rejection is the store's.
   *
   * @param next monotonic ms from which the delivery may be tried once more; Infinity when it is over
   */
  async record(id: string, attempt: DeliveryAttempt, after: Omit<Settlement, 'attempt'>, next: number): Promise<void> {
    this.#keep(id, { attempts: [...(this.#kept.get(id)?.attempts ?? []), attempt], after, next });
    await this.retry(id);
  }

  /** Tries once more to record what is kept of a delivery. Resolves when nothing is. */
  async retry(id: string): Promise<void> {
    for (;;) {
      const kept = this.#kept.get(id);
      if (kept === undefined) return;
      const [attempt, ...rest] = kept.attempts;
      await this.store.settle(id, { attempt: attempt ?? null, ...kept.after });
      if (rest.length === 0) this.#kept.delete(id);
      else this.#kept.set(id, { ...kept, attempts: rest });
    }
  }

  #keep(id: string, kept: Kept): void {
    this.#kept.set(id, kept);
    const [oldest] = this.#kept.keys();
    if (this.#kept.size > MOST && oldest !== undefined) this.#kept.delete(oldest);
  }
}
