import { setImmediate } from 'node:timers/promises';
import type { Clock } from '../../src/lib/clock.js';

interface Timer {
  readonly due: number;
  readonly order: number;
  readonly fire: () => void;
}

/**
 * A clock that only moves when told to. Between two timers every promise settles, so an hour of waiting takes as long as the code
 * that runs in it. `now()` starts at `startAt`, `monotonic()` at 0.
 */
export class VirtualClock implements Clock {
  #at = 0;
  #order = 0;
  readonly #timers = new Set<Timer>();
  /** The end of whatever takes real time (a database) and is under way; null: nothing is. Virtual time waits for it. */
  busy: () => Promise<void> | null = () => null;

  constructor(private startAt = Date.UTC(2026, 0, 5, 9, 0, 0)) {}

  now(): number {
    return this.startAt + this.#at;
  }

  monotonic(): number {
    return this.#at;
  }

  /** Sets the wall clock forward or back; timers and the monotonic clock know nothing of it. */
  setBy(ms: number): void {
    this.startAt += ms;
  }

  after(ms: number, fire: () => void): () => void {
    const timer: Timer = { due: this.#at + Math.max(0, ms), order: this.#order++, fire };
    this.#timers.add(timer);
    return () => {
      this.#timers.delete(timer);
    };
  }

  /** Timers not fired yet. */
  get pending(): number {
    return this.#timers.size;
  }

  /** Moves on by `ms`, firing what is due in order and letting promises settle before each timer and at the end. */
  async advance(ms: number): Promise<void> {
    const until = this.#at + ms;
    await this.#settle();
    for (let next = this.#next(); next !== undefined && next.due <= until; next = this.#next()) {
      this.#fire(next);
      await this.#settle();
    }
    this.#at = until;
  }

  /**
   * Moves on from timer to timer until the promise settles, and gives its result. Rejects when nothing is left that could ever
   * settle it, or after `limitMs` of virtual time: either way the code under test waits for something that never comes.
   */
  async runUntil<T>(promise: Promise<T>, limitMs = 24 * 3_600_000): Promise<T> {
    let settled = false;
    const watched = promise.finally(() => {
      settled = true;
    });
    watched.catch(() => undefined);
    const end = this.#at + limitMs;
    await this.#settle();
    while (!settled) {
      const next = this.#next();
      if (next === undefined) throw new Error(`nothing left to happen at ${this.#at} ms, and the promise is still pending`);
      if (next.due > end) throw new Error(`still pending after ${limitMs} ms of virtual time`);
      this.#fire(next);
      await this.#settle();
    }
    return watched;
  }

  async #settle(): Promise<void> {
    await settle();
    for (let busy = this.busy(); busy !== null; busy = this.busy()) {
      await busy;
      await settle();
    }
  }

  #next(): Timer | undefined {
    let next: Timer | undefined;
    for (const timer of this.#timers) {
      if (next === undefined || timer.due < next.due || (timer.due === next.due && timer.order < next.order)) next = timer;
    }
    return next;
  }

  #fire(timer: Timer): void {
    this.#timers.delete(timer);
    this.#at = Math.max(this.#at, timer.due);
    timer.fire();
  }
}

/** Lets every promise that can settle do so; an answer that came together with another is let in one turn later. */
async function settle(): Promise<void> {
  await setImmediate();
  await setImmediate();
}
