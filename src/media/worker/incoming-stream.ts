import { CODECS, DEFAULT_CODEC, staticCodec, type Codec, type CodecName } from '../codec/codec.js';
import { SAMPLES_PER_MS } from '../codec/frame.js';
import { SLOT_MS, SLOTS_PER_PACKET } from './clock.js';
import { emptyRtpPacket, readRtp, type RtpPacket } from '../rtp/packet.js';
import { SequenceTracker } from '../rtp/sequence.js';
import { TelephoneEventReceiver } from '../rtp/telephone-event.js';
import { UnagreedEvents } from '../rtp/unagreed-events.js';

/** What one datagram was. `audio` is in {@link IncomingStream.packet}, a key in {@link IncomingStream.key}; `missed`: a key was not taken. */
export type Received = 'audio' | 'key' | 'event' | 'missed' | 'other' | 'not-rtp';

/** Packet intervals a sender may use, in slots of 5 ms: 10 to 120 ms. */
const SHORTEST_INTERVAL = 2;
const LONGEST_INTERVAL = 24;
const SAMPLES_PER_SLOT = SLOT_MS * SAMPLES_PER_MS;

/** The incoming RTP stream of a leg: from bytes to audio and keys. */
export class IncomingStream {
  /** The packet just taken. Read it before the next. */
  readonly packet: RtpPacket = emptyRtpPacket();
  /** The key just heard, when `take` said `key`. */
  key = '';
  /** Codec of the audio just taken. */
  codec = DEFAULT_CODEC;
  /** The sender's packet interval in slots, learnt from its timestamps. */
  interval = SLOTS_PER_PACKET;
  readonly sequence = new SequenceTracker();
  readonly events = new TelephoneEventReceiver();
  readonly #unagreed = new UnagreedEvents();
  #eventTypes: readonly number[] = [];
  /** Timestamp of the newest event that is no key. */
  #noKeyAt: number | null = null;
  #negotiated = DEFAULT_CODEC;
  #payloadType = DEFAULT_CODEC.payloadType;
  #lastTimestamp = 0;

  /** Sets what was negotiated. */
  expect(remote: { readonly payloadType: number; readonly codec: CodecName; readonly eventTypes: readonly number[] }): void {
    this.#negotiated = CODECS[remote.codec];
    this.#payloadType = remote.payloadType;
    this.#eventTypes = remote.eventTypes;
  }

  /** Reads a datagram's header into {@link packet}; false when it is no RTP. */
  read(bytes: Uint8Array, length: number): boolean {
    return readRtp(bytes, length, this.packet);
  }

  /** Takes the datagram last read. `now` is monotonic ms. */
  take(bytes: Uint8Array, now: number): Received {
    const { packet } = this;
    const verdict = this.sequence.take(packet, now * SAMPLES_PER_MS);
    if (verdict === 'repeat') return 'other';
    if (this.#eventTypes.includes(packet.payloadType)) return this.#takeEvent(bytes);
    const codec = this.#codecOf(packet.payloadType);
    if (codec === null) return this.#takeUnagreed(bytes);
    this.codec = codec;
    if (verdict === 'next') {
      const slots = (packet.timestamp - this.#lastTimestamp) / SAMPLES_PER_SLOT;
      if (slots >= SHORTEST_INTERVAL && slots <= LONGEST_INTERVAL) this.interval = Math.round(slots);
    }
    this.#lastTimestamp = packet.timestamp;
    return 'audio';
  }

  #takeEvent(bytes: Uint8Array): Received {
    const { payloadStart, payloadEnd, timestamp } = this.packet;
    const { key, reason } = this.events.take(this.packet, bytes, payloadStart, payloadEnd);
    if (key !== null) {
      this.key = key;
      return 'key';
    }
    if (reason !== 'not-a-key' || timestamp === this.#noKeyAt) return 'event';
    this.#noKeyAt = timestamp;
    return 'missed';
  }

  /** Comfort noise, keys of a far end that has its own idea of numbers, and whatever else was not agreed on. */
  #takeUnagreed(bytes: Uint8Array): Received {
    const what = this.#unagreed.take(this.packet, bytes);
    if (what === 'missed') return 'missed';
    if (what !== 'proven') return 'other';
    this.#eventTypes = [...this.#eventTypes, this.packet.payloadType];
    return this.#takeEvent(bytes);
  }

  /**
   * The negotiated codec may come under the far end's number or under that of our own offer (RFC 3264 §6.1). Static types are
   * understood whatever was chosen: some senders switch without asking (RFC 3551 §6).
   */
  #codecOf(payloadType: number): Codec | null {
    const codec = this.#negotiated;
    if (payloadType === this.#payloadType || payloadType === codec.payloadType) return codec;
    return staticCodec(payloadType);
  }
}
