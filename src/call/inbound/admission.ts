import type { Clock } from '../../lib/clock.js';
import { err, ok, type Result } from '../../lib/result.js';
import { networkOf } from '../../lib/network-of.js';
import type { CallStage } from '../call.js';

/** How much is let in. */
export interface AdmissionLimits {
  /** Calls at once; 0 = none are taken. */
  readonly maxCalls: number;
  /** New calls per second on average; as many may come at the same moment. */
  readonly maxCallsPerSecond: number;
  /** Calls of one source at once; 0 or absent: as many as there are places. */
  readonly maxCallsPerSource?: number;
  /** Answered calls of one source that wait for their ACK; 0 or absent: a quarter of `maxCalls`. */
  readonly maxUnacknowledgedPerSource?: number;
}

/** Why a call is refused with 503, and how many seconds to wait (RFC 3261 §20.33). */
export interface AdmissionRefusal {
  readonly reason:
    'draining' | 'too-many-calls' | 'too-many-calls-per-second' | 'too-many-calls-of-source' | 'too-many-unacknowledged';
  readonly retryAfter: number;
}

/** A call's place; give it back exactly when the call is over. */
export interface AdmissionTicket {
  /** Idempotent. */
  leave(): void;
  /** The call has got so far. */
  now(standing: CallStage): void;
  /** What ends the call when its place is needed: only while it is `answering` or `silent`. Without it a call keeps its place. */
  onGiveWay(end: () => void): void;
}

/** Seconds to wait when all places are taken: some call will be over by then. */
const RETRY_WHEN_FULL_S = 5;
const RETRY_WHEN_DRAINING_S = 30;
/** How long an ACK may take before its call may have to give way, ms: two repeats of the 200 fit in (RFC 3261 §13.3.1.4). */
const ACK_GRACE_MS = 2000;
/** How long a source whose calls had to give way is held to its share strictly, ms. */
const STRICT_MS = 60_000;
/** The share of all places that the unacknowledged calls of one source get, unless a limit says otherwise. */
const UNACKNOWLEDGED_SHARE = 1 / 4;
/** Sources remembered; beyond it those without calls are forgotten early. */
const MOST_SOURCES = 10_000;

interface Place {
  readonly source: Source;
  standing: CallStage;
  /** Monotonic ms of the standing. */
  since: number;
  end: (() => void) | null;
}

interface Source {
  readonly key: string;
  /** Oldest first. */
  readonly places: Set<Place>;
  /** Calls of it had to give way: strict until so many monotonic ms. */
  strictUntil: number;
}

/**
 * Lets calls in while there is room: a count, and a token bucket (one token a call, refilled at the allowed rate). Places that callers
 * take without ever being there are taken back: a source may have a share of the places for calls it has not acknowledged, beyond which
 * the oldest of them give way; and when all places are taken, a call that never was acknowledged or heard gives way to a new one. A
 * source that acknowledges its calls may fill every place.
 */
export class Admission {
  readonly #sources = new Map<string, Source>();
  #active = 0;
  #gaveWay = 0;
  #tokens: number;
  #refilledAt: number;
  #draining = false;

  constructor(
    readonly limits: AdmissionLimits,
    private readonly clock: Pick<Clock, 'monotonic'>,
  ) {
    this.#tokens = this.#capacity;
    this.#refilledAt = clock.monotonic();
  }

  /** Places taken now. */
  get active(): number {
    return this.#active;
  }

  /** Calls that had to give way since the start. */
  get gaveWay(): number {
    return this.#gaveWay;
  }

  get draining(): boolean {
    return this.#draining;
  }

  /** From now on nobody is let in. */
  drain(): void {
    this.#draining = true;
  }

  /** @param address where the INVITE comes from; of IPv6 the network is counted */
  enter(address: string): Result<AdmissionTicket, AdmissionRefusal> {
    if (this.#draining) return err({ reason: 'draining', retryAfter: RETRY_WHEN_DRAINING_S });
    const source = this.#source(networkOf(address));
    const refused = this.#refusal(source);
    if (refused !== null) return err(refused);
    this.#tokens -= 1;
    this.#active++;
    const place: Place = { source, standing: 'setup', since: this.clock.monotonic(), end: null };
    this.#sources.set(source.key, source);
    source.places.add(place);
    return ok(this.#ticket(place));
  }

  /** Answered calls of one source that may wait for their ACK. */
  get unacknowledgedPerSource(): number {
    const { maxCalls, maxUnacknowledgedPerSource = 0 } = this.limits;
    return maxUnacknowledgedPerSource > 0 ? maxUnacknowledgedPerSource : Math.max(1, Math.floor(maxCalls * UNACKNOWLEDGED_SHARE));
  }

  #refusal(source: Source): AdmissionRefusal | null {
    const { maxCalls, maxCallsPerSecond, maxCallsPerSource = 0 } = this.limits;
    const full = (reason: AdmissionRefusal['reason']): AdmissionRefusal => ({ reason, retryAfter: RETRY_WHEN_FULL_S });
    this.#holdToShare(source);
    if (this.#isBeyondShare(source)) return full('too-many-unacknowledged');
    if (maxCallsPerSource > 0 && source.places.size >= maxCallsPerSource) return full('too-many-calls-of-source');
    const inTheWay = this.#active < maxCalls ? null : this.#inTheWay();
    if (inTheWay === undefined) return full('too-many-calls');
    this.#refill();
    if (this.#tokens < 1) {
      const seconds = (1 - this.#tokens) / maxCallsPerSecond;
      return { reason: 'too-many-calls-per-second', retryAfter: Math.max(1, Math.ceil(seconds)) };
    }
    if (inTheWay !== null) this.#giveWay(inTheWay);
    return null;
  }

  /** Ends the oldest calls that a source should have acknowledged, as far as they are more than its share with one more. */
  #holdToShare(source: Source): void {
    const waiting = [...source.places].filter(({ standing }) => standing === 'answering');
    const beyond = waiting.length + 1 - this.unacknowledgedPerSource;
    for (const place of waiting.slice(0, Math.max(0, beyond))) if (this.#mayGiveWay(place)) this.#giveWay(place);
  }

  /** Of a source that had its time and wasted it, calls count against the share before they are answered, and until they are heard. */
  #isBeyondShare({ places, strictUntil }: Source): boolean {
    if (strictUntil <= this.clock.monotonic()) return false;
    const unproven = [...places].filter(({ standing }) => standing !== 'heard');
    return unproven.length >= this.unacknowledgedPerSource;
  }

  /** Who gives way when all places are taken: of the source that wastes most, the oldest; undefined when nobody does. */
  #inTheWay(): Place | undefined {
    let most: readonly Place[] = [];
    for (const { places } of this.#sources.values()) {
      if (places.size <= most.length) continue;
      const wasted = [...places].filter((place) => this.#mayGiveWay(place));
      if (wasted.length > most.length) most = wasted;
    }
    return most[0];
  }

  #mayGiveWay({ standing, since, end }: Place): boolean {
    if (end === null) return false;
    return standing === 'silent' || (standing === 'answering' && this.clock.monotonic() - since >= ACK_GRACE_MS);
  }

  #giveWay(place: Place): void {
    const { source, end } = place;
    this.#leave(place);
    source.strictUntil = this.clock.monotonic() + STRICT_MS;
    this.#sources.set(source.key, source);
    this.#gaveWay++;
    end?.();
  }

  #leave(place: Place): void {
    const { source } = place;
    if (!source.places.delete(place)) return;
    this.#active--;
    if (source.places.size === 0 && source.strictUntil <= this.clock.monotonic()) this.#sources.delete(source.key);
  }

  #source(key: string): Source {
    const known = this.#sources.get(key);
    if (known !== undefined) return known;
    if (this.#sources.size >= MOST_SOURCES) {
      for (const source of this.#sources.values()) if (source.places.size === 0) this.#sources.delete(source.key);
    }
    return { key, places: new Set(), strictUntil: 0 };
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

  #ticket(place: Place): AdmissionTicket {
    return {
      leave: () => {
        this.#leave(place);
      },
      now: (standing) => {
        if (place.standing === standing) return;
        place.standing = standing;
        place.since = this.clock.monotonic();
      },
      onGiveWay: (end) => {
        place.end = end;
      },
    };
  }
}
