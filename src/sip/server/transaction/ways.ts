import type { SipRequest } from '../message/message.js';
import type { Transports } from '../transport/transports.js';
import type { Hop } from '../message/hop.js';

/**
 * A place where the far end of a request may be reached, and the request as it goes there: its Via names the way (RFC 3261
 * §18.1.1).
 */
export interface Way {
  readonly hop: Hop;
  readonly request: SipRequest;
  readonly bytes: Buffer;
}

/** Copies that go to the first place before the next one gets one too: it has had 3·T1 by then. */
const FIRST_COPIES = 2;

/**
 * One request of ours and the places its far end may be reached at. The copies that its transaction sends (RFC 3261 §17.1.1.2,
 * §17.1.2.2) go to the first place, from the third on to each in turn, until somebody answers: that is the place from then on.
 * All copies have one branch, so that a far end which gets several takes them for one request. A place that turns out to be a
 * stranger's is left.
 */
export class Ways {
  #at = 0;
  #copies = 0;
  #settled = false;
  /** Places that were sent a copy over a stream, which carries each request once. */
  readonly #streamed = new Set<Way>();
  #ways: readonly [Way, ...Way[]];
  #left: Way | null = null;

  /** @param ways in the order they are tried, at least one */
  constructor(ways: readonly [Way, ...Way[]]) {
    this.#ways = ways;
  }

  /** Where it was answered, or is sent now. */
  get current(): Way {
    return this.#ways[this.#at] ?? this.#ways[0];
  }

  /** The place that was left; null while none was. */
  get left(): Way | null {
    return this.#left;
  }

  /** Nothing need be repeated (Table 4): there is one place, and its transport repeats by itself. */
  get reliable(): boolean {
    return this.#ways.length === 1 && this.current.hop.transport === 'tcp';
  }

  /** Sends one copy; `refused` is called when the network takes it at none of the places. */
  send(transports: Transports, refused: () => void): void {
    const copy = this.#copies++;
    if (!this.#settled && copy >= FIRST_COPIES) this.#at = (copy - 1) % this.#ways.length;
    if (this.#streamed.has(this.current)) return;
    this.#try(transports, refused, this.#ways.length);
  }

  /** An answer came from there. */
  heard(from: Hop): void {
    if (this.#settled) return;
    this.#settled = true;
    const found = this.#ways.findIndex(({ hop }) => isSamePlace(hop, from));
    if (found !== -1) this.#at = found;
  }

  /**
   * Leaves the place an answer came from, for its sender does not know the call: copies go to the others from now on. False when nothing
   * is left then, when somebody has answered otherwise, or when a place was left before: each request is tried elsewhere once.
   */
  leave(from: Hop): boolean {
    const found = this.#ways.find(({ hop }) => isSamePlace(hop, from));
    const [first, ...more] = this.#ways.filter((way) => way !== found);
    if (this.#settled || this.#left !== null || found === undefined || first === undefined) return false;
    this.#left = found;
    this.#ways = [first, ...more];
    this.#at = 0;
    return true;
  }

  #try(transports: Transports, refused: () => void, left: number): void {
    const way = this.current;
    const { bytes, hop } = way;
    if (hop.transport === 'tcp') this.#streamed.add(way);
    transports.send(bytes, hop, () => {
      if (this.#settled || left <= 1) refused();
      else {
        this.#at = (this.#at + 1) % this.#ways.length;
        this.#try(transports, refused, left - 1);
      }
    });
  }
}

/** Both mean the same socket of the same far end. */
export function isSamePlace(one: Hop, other: Hop): boolean {
  if (one.transport !== other.transport || one.address !== other.address) return false;
  return one.port === other.port || (one.connection !== null && one.connection === other.connection);
}
