import type { Clock } from '../lib/clock.js';
import { err, ok, type Result } from '../lib/result.js';

/** How much is let in. */
export interface AdmissionLimits {
  /** Calls at once; 0 = none are taken. */
  readonly maxCalls: number;
  /** New calls per second on average; as many may come at the same moment. */
  readonly maxCallsPerSecond: number;
}

/** Why a call is refused with 503, and how many seconds to wait (RFC 3261 §20.33). */
export interface AdmissionRefusal {
  readonly reason: 'draining' | 'too-many-calls' | 'too-many-calls-per-second';
  readonly retryAfter: number;
}

/** A call's place; give it back exactly when the call is over. */
export interface Ticket {
  /** Idempotent. */
  leave(): void;
}

/** Seconds to wait when all places are taken: some call will be over by then. */
const RETRY_WHEN_FULL_S = 5;
const RETRY_WHEN_DRAINING_S = 30;

/** Lets calls in while there is room: a count, and a token bucket (one token a call, refilled at the allowed rate). */
export class Admission {
  #active = 0;
  #tokens: number;
  #refilledAt: number;
  #draining = false;

  constructor(
    private readonly limits: AdmissionLimits,
    private readonly clock: Clock,
  ) {
    this.#tokens = this.#capacity;
    this.#refilledAt = clock.monotonic();
  }

  /** Places taken now. */
  get active(): number {
    return this.#active;
  }

  get draining(): boolean {
    return this.#draining;
  }

  /** From now on nobody is let in. */
  drain(): void {
    this.#draining = true;
  }

  enter(): Result<Ticket, AdmissionRefusal> {
    if (this.#draining) return err({ reason: 'draining', retryAfter: RETRY_WHEN_DRAINING_S });
    if (this.#active >= this.limits.maxCalls) return err({ reason: 'too-many-calls', retryAfter: RETRY_WHEN_FULL_S });
    this.#refill();
    if (this.#tokens < 1) {
      const seconds = (1 - this.#tokens) / this.limits.maxCallsPerSecond;
      return err({ reason: 'too-many-calls-per-second', retryAfter: Math.max(1, Math.ceil(seconds)) });
    }
    this.#tokens -= 1;
    this.#active++;
    return ok(this.#ticket());
  }

  get #capacity(): number {
    return Math.max(1, this.limits.maxCallsPerSecond);
  }

  #refill(): void {
    const now = this.clock.monotonic();
    const earned = ((now - this.#refilledAt) / 1000) * this.limits.maxCallsPerSecond;
    this.#tokens = Math.min(this.#capacity, this.#tokens + earned);
    this.#refilledAt = now;
  }

  #ticket(): Ticket {
    let left = false;
    return {
      leave: () => {
        if (left) return;
        left = true;
        this.#active--;
      },
    };
  }
}
