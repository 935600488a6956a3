import type { Clock } from '../../../lib/clock.js';

/** A timer on the wheel. `fire` is null once it has fired or was cancelled. */
export interface WheelTimer {
  fire: (() => void) | null;
  readonly due: number;
}

/**
 * All timers of the server on one wheel (one real timer, and only while something waits): a busy server has tens of thousands of
 * transactions waiting out their last 32 s. A timer fires at its time or up to one tick later, never earlier.
 */
export class SipTimers {
  readonly #slots: Set<WheelTimer>[];
  readonly #start: number;
  #tick = 0;
  #size = 0;
  #stop: (() => void) | null = null;

  /**
   * @param tickMs resolution
   * @param onFault called with an error that the function of a timer threw; the other timers still fire
   */
  constructor(
    private readonly clock: Clock,
    private readonly tickMs: number,
    private readonly onFault: (error: unknown) => void,
  ) {
    this.#slots = Array.from({ length: 4096 }, () => new Set());
    this.#start = clock.monotonic();
  }

  /** Timers waiting. */
  get size(): number {
    return this.#size;
  }

  /** Monotonic time, ms. */
  now(): number {
    return this.clock.monotonic();
  }

  /** Calls `fire` once after `ms` ms. */
  schedule(ms: number, fire: () => void): WheelTimer {
    if (this.#size === 0) this.#tick = this.#currentTick();
    const due = Math.max(this.#tick + 1, Math.ceil((this.clock.monotonic() - this.#start + ms) / this.tickMs));
    const timer: WheelTimer = { fire, due };
    this.#slot(due).add(timer);
    this.#size++;
    this.#arm();
    return timer;
  }

  /** Stops a timer; null and a timer that has fired are fine. */
  cancel(timer: WheelTimer | null): void {
    if (timer === null || timer.fire === null) return;
    timer.fire = null;
    if (this.#slot(timer.due).delete(timer)) this.#size--;
  }

  /** Forgets every timer. */
  close(): void {
    for (const slot of this.#slots) slot.clear();
    this.#size = 0;
    this.#stop?.();
    this.#stop = null;
  }

  #currentTick(): number {
    return Math.floor((this.clock.monotonic() - this.#start) / this.tickMs);
  }

  #slot(tick: number): Set<WheelTimer> {
    const slot = this.#slots[tick % this.#slots.length];
    if (slot === undefined) throw new Error('a tick that is no whole number');
    return slot;
  }

  #arm(): void {
    if (this.#stop !== null || this.#size === 0) return;
    this.#stop = this.clock.after(this.tickMs, () => {
      this.#stop = null;
      this.#turn();
      this.#arm();
    });
  }

  #turn(): void {
    const now = this.#currentTick();
    // After a stall longer than one round every slot is looked at once.
    const first = Math.max(this.#tick + 1, now - this.#slots.length + 1);
    this.#tick = now;
    for (let tick = first; tick <= now; tick++) {
      const slot = this.#slot(tick);
      for (const timer of slot) {
        if (timer.due > now) continue;
        slot.delete(timer);
        this.#size--;
        const { fire } = timer;
        timer.fire = null;
        try {
          fire?.();
        } catch (error) {
          this.onFault(error);
        }
      }
    }
  }
}
