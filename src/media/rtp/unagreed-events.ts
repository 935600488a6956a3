import { FIRST_DYNAMIC_TYPE } from '../codec/codec.js';
import { KEYS } from './telephone-event.js';
import type { RtpPacket } from './packet.js';
import { sequenceDelta } from './sequence.js';

/** Packets of one event that prove a payload type: a press has at least four. */
const PROOF_PACKETS = 3;
/** Bytes of one event (RFC 4733 §2.3). */
const EVENT_BYTES = 4;
/** Packets that may be missing between two of one event. */
const NEAR = 3;

/** What a packet of a payload type that was not agreed on was. */
export type Unagreed = 'other' | 'maybe' | 'proven' | 'missed';

/**
 * Keys on a payload type that was not agreed on. Some far ends send telephone-event under a number of their own, so that no key of
 * theirs would arrive. They are taken, by a rule that nothing else meets: a dynamic payload type, four bytes with the reserved bit
 * zero and an event code up to 15, and three packets near each other in sequence with one timestamp, one event and a duration that
 * does not shrink.
 */
export class UnagreedEvents {
  #payloadType = -1;
  #ssrc = 0;
  #timestamp = 0;
  #event = 0;
  #duration = 0;
  #sequence = 0;
  #packets = 0;

  /**
   * Takes a packet. `proven`: its payload type carries telephone-event from this packet on. `missed`: an event before it never was
   * proven, and is a key that is lost.
   */
  take(packet: RtpPacket, bytes: Uint8Array): Unagreed {
    const { payloadType, payloadStart: at, payloadEnd, ssrc, timestamp, sequence } = packet;
    if (payloadType < FIRST_DYNAMIC_TYPE || payloadEnd - at !== EVENT_BYTES) return 'other';
    const event = bytes[at] ?? 0;
    if (event >= KEYS.length || ((bytes[at + 1] ?? 0) & 0x40) !== 0) return 'other';
    const duration = ((bytes[at + 2] ?? 0) << 8) | (bytes[at + 3] ?? 0);
    const ahead = sequenceDelta(sequence, this.#sequence);
    const same =
      this.#packets > 0 &&
      payloadType === this.#payloadType &&
      ssrc === this.#ssrc &&
      timestamp === this.#timestamp &&
      event === this.#event;
    const lost = !same && this.#packets > 1;
    this.#packets = same && ahead > 0 && ahead <= NEAR && duration >= this.#duration ? this.#packets + 1 : 1;
    this.#payloadType = payloadType;
    this.#ssrc = ssrc;
    this.#timestamp = timestamp;
    this.#event = event;
    this.#duration = duration;
    this.#sequence = sequence;
    if (this.#packets < PROOF_PACKETS) return lost ? 'missed' : 'maybe';
    this.#packets = 0;
    return 'proven';
  }
}
