/*
 * Serial numbers of RTP (RFC 3550 §5.1, §A.1, §A.8): both the 16-bit sequence number and the 32-bit timestamp wrap.
 */

/** How far `to` is ahead of `from`, −32768 … 32767. */
export function sequenceDelta(to: number, from: number): number {
  return ((to - from) << 16) >> 16;
}

/** How far timestamp `to` is ahead of `from`, −2^31 … 2^31−1 samples. */
export function timestampDelta(to: number, from: number): number {
  return (to - from) | 0;
}

/** A jump larger than this is a sender that started anew (MAX_DROPOUT of RFC 3550 §A.1). */
const MAX_DROPOUT = 3000;
/** How far back a late packet may lie (MAX_MISORDER of RFC 3550 §A.1). */
const MAX_MISORDER = 100;

/** What a packet was to the stream it belongs to. */
export type SequenceVerdict = 'first' | 'next' | 'ahead' | 'late' | 'repeat' | 'restart';

/** Follows one incoming stream: what was received, what is missing, how unevenly it arrives. */
export class SequenceTracker {
  /** Packets that counted: everything but exact repeats of the newest. */
  received = 0;
  /** Interarrival jitter in samples (RFC 3550 §A.8). */
  jitter = 0;
  #highest = 0;
  #ssrc = 0;
  /** Packets expected so far, over all restarts. */
  #expected = 0;
  #transit = 0;

  /** Whether a packet was taken yet. */
  get begun(): boolean {
    return this.#expected > 0;
  }

  /** SSRC of the stream that is followed now. */
  get ssrc(): number {
    return this.#ssrc;
  }

  /** Sequence number of its newest packet. */
  get newest(): number {
    return this.#highest;
  }

  /** Expected minus received, never below 0 (RFC 3550 §A.3). */
  get lost(): number {
    return Math.max(0, this.#expected - this.received);
  }

  /**
   * Takes the next packet as it arrived.
   * @param arrival in samples of the RTP clock, from any fixed start
   */
  take(packet: { sequence: number; timestamp: number; ssrc: number }, arrival: number): SequenceVerdict {
    const verdict = this.#judge(packet.sequence, packet.ssrc);
    if (verdict !== 'repeat') this.received++;
    const transit = (arrival - packet.timestamp) | 0;
    if (verdict === 'next') {
      this.jitter += (Math.abs((transit - this.#transit) | 0) - this.jitter) / 16;
    }
    this.#transit = transit;
    return verdict;
  }

  #judge(sequence: number, ssrc: number): SequenceVerdict {
    const first = this.#expected === 0;
    const delta = sequenceDelta(sequence, this.#highest);
    if (first || ssrc !== this.#ssrc || delta > MAX_DROPOUT || delta < -MAX_MISORDER) {
      this.#ssrc = ssrc;
      this.#highest = sequence;
      this.#expected++;
      return first ? 'first' : 'restart';
    }
    if (delta === 0) return 'repeat';
    if (delta < 0) return 'late';
    this.#expected += delta;
    this.#highest = sequence;
    return delta === 1 ? 'next' : 'ahead';
  }
}
