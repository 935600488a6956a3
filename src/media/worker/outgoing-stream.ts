import { randomBytes } from 'node:crypto';
import { DEFAULT_CODEC, type Codec } from '../codec/codec.js';
import type { Playout } from './playout.js';
import { RTP_HEADER_BYTES, writeRtpHeader } from '../rtp/packet.js';

/** The outgoing RTP stream of a leg: its header state (RFC 3550 §5.1) and its packets, two in turn, allocated once for a codec. */
export class OutgoingStream {
  sent = 0;
  /** Timestamp of the next packet. */
  timestamp: number;
  #sequence: number;
  readonly #ssrc: number;
  /** Whether the last packet carried anything but filling silence. */
  #speaking = false;
  #gap = true;
  #codec = DEFAULT_CODEC;
  #payloadType = DEFAULT_CODEC.payloadType;
  #packets = packetsFor(DEFAULT_CODEC);

  constructor() {
    // RFC 3550 §5.1: SSRC, first sequence number and first timestamp are random.
    const seed = randomBytes(10);
    this.#ssrc = seed.readUInt32BE(0);
    this.timestamp = seed.readUInt32BE(4);
    this.#sequence = seed.readUInt16BE(8);
  }

  get codec(): Codec {
    return this.#codec;
  }

  /** From the next packet on, sound is sent in that codec under that payload type. */
  use(codec: Codec, payloadType: number): void {
    if (codec.frame.bytes !== this.#codec.frame.bytes) this.#packets = packetsFor(codec);
    this.#codec = codec;
    this.#payloadType = payloadType;
  }

  /**
   * The next packet: the playout's next frame, silence without one. Null when the playout has nothing more; then nothing has
   * moved. The marker begins each talkspurt (RFC 3551 §4.1). Without `sending` (hold) time and prompt still move on, but
   * what comes back is silence that is not to be sent.
   */
  next(playout: Playout | null, sending: boolean): Uint8Array | null {
    const packet = this.#packets[this.sent & 1 ? 1 : 0];
    const codec = this.#codec;
    const speaking = playout !== null;
    if (speaking && !playout.fill(packet, RTP_HEADER_BYTES, codec)) return null;
    if (!speaking || !sending) packet.fill(codec.silence, RTP_HEADER_BYTES);
    if (!sending) {
      this.skip(codec.frame.samples);
      return packet;
    }
    writeRtpHeader(packet, {
      payloadType: this.#payloadType,
      marker: (speaking && !this.#speaking) || this.#gap,
      sequence: this.#sequence,
      timestamp: this.timestamp,
      ssrc: this.#ssrc,
    });
    this.#speaking = speaking;
    this.#gap = false;
    this.#sequence = (this.#sequence + 1) & 0xffff;
    this.timestamp = (this.timestamp + codec.frame.samples) >>> 0;
    this.sent++;
    return packet;
  }

  /** Time passes without a packet: the timestamp moves on, the sequence number does not. */
  skip(samples: number): void {
    this.timestamp = (this.timestamp + samples) >>> 0;
    this.#gap = true;
  }
}

function packetsFor({ frame }: Codec): readonly [Uint8Array, Uint8Array] {
  return [new Uint8Array(RTP_HEADER_BYTES + frame.bytes), new Uint8Array(RTP_HEADER_BYTES + frame.bytes)];
}
