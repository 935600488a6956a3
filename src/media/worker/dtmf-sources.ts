/** How a key came: as an RTP event (RFC 4733) or by SIP INFO. */
export type DtmfSource = 'rtp' | 'info';

/** Longest time between the two forms of one press, ms: some phones send the INFO when the key is let go. */
const APART_MS = 2000;
/** How long INFO is not listened to after an RTP event, ms: beyond it the far end may be another phone, after a transfer. */
const DEAF_MS = 10_000;
/** More keys than anybody presses in that time. */
const MOST_NOTED = 32;

interface Noted {
  readonly key: string;
  readonly source: DtmfSource;
  /** Monotonic ms. */
  readonly at: number;
}

/**
 * The keys of a far end that may send each of them twice, as an RTP event and by INFO. What was agreed on tells nothing: phones set
 * to INFO still offer telephone-event, and some then send both. So both sources count until a press is seen to come from both;
 * from then on INFO is not listened to as long as there are RTP events.
 */
export class DtmfSources {
  #noted: readonly Noted[] = [];
  #both = false;
  /** When the last RTP event came, monotonic ms. */
  #rtpAt = Number.NEGATIVE_INFINITY;

  /** Whether a key counts; false when it is another form of one that did. `now` is monotonic ms. */
  take(key: string, source: DtmfSource, now: number): boolean {
    this.#noted = this.#noted.filter(({ at }) => now - at <= APART_MS);
    if (source === 'rtp') this.#rtpAt = now;
    const twin = this.#noted.find((noted) => noted.key === key && noted.source !== source);
    if (twin !== undefined) {
      this.#both = true;
      this.#noted = this.#noted.filter((noted) => noted !== twin);
      return false;
    }
    if (source === 'info' && this.#both && now - this.#rtpAt <= DEAF_MS) return false;
    this.#noted = [...this.#noted, { key, source, at: now }].slice(-MOST_NOTED);
    return true;
  }
}
