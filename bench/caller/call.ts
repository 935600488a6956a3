import { emptyRtpPacket, readRtp, RTP_HEADER_BYTES, writeRtpHeader } from '../../src/media/rtp/packet.js';
import { sequenceDelta } from '../../src/media/rtp/sequence.js';
import { telephoneEvent } from '../../src/media/rtp/telephone-event.js';
import { EVENT_TYPE } from './messages.js';
import type { CallRecord } from './types.js';

/*
 * The audio of one call: what is sent every 20 ms, and what is made of what comes.
 */

const PACKET_MS = 20;
const SAMPLES = 160;
/** The key every call presses: 100 ms. */
const KEY = telephoneEvent({ key: '1', durationMs: 100 }) ?? [];
const KEY_END = KEY.length - 3;

/** One packet at a time leaves, so all calls share the bytes. */
const speech = Buffer.alloc(RTP_HEADER_BYTES + SAMPLES, 0xff);
const event = Buffer.alloc(RTP_HEADER_BYTES + 4);
const header = { payloadType: 0, marker: false, sequence: 0, timestamp: 0, ssrc: 0 };

/** The outgoing stream. */
export class Mouth {
  #sequence: number;
  #timestamp: number;
  /** Packets of the key already sent; −1: it was not pressed yet. */
  #key = -1;
  #keyTimestamp = 0;

  constructor(
    private readonly ssrc: number,
    private readonly speaks: boolean,
  ) {
    this.#sequence = ssrc & 0xffff;
    this.#timestamp = ssrc;
  }

  get pressed(): boolean {
    return this.#key >= 0;
  }

  press(): void {
    this.#key = 0;
    this.#keyTimestamp = this.#timestamp + SAMPLES;
  }

  /** The packet that is due now; null: none. Notes in `record` when the key begins and ends. */
  next(record: CallRecord, now: number): Buffer | null {
    this.#timestamp = (this.#timestamp + SAMPLES) >>> 0;
    const pressing = this.#key >= 0 ? KEY[this.#key] : undefined;
    if (pressing === undefined && !this.speaks) return null;
    this.#sequence = (this.#sequence + 1) & 0xffff;
    header.sequence = this.#sequence;
    header.ssrc = this.ssrc;
    header.marker = pressing?.marker ?? false;
    header.payloadType = pressing === undefined ? 0 : EVENT_TYPE;
    header.timestamp = pressing === undefined ? this.#timestamp : this.#keyTimestamp;
    const packet = pressing === undefined ? speech : event;
    writeRtpHeader(packet, header);
    if (pressing !== undefined) {
      event.set(pressing.payload, RTP_HEADER_BYTES);
      if (this.#key === 0) record.keyBegan = now;
      if (this.#key === KEY_END) record.keyEnded = now;
      this.#key++;
    }
    return packet;
  }
}

const packet = emptyRtpPacket();

/** Hertz of the tone in a payload, told by how often the sign changes within 5 ms; 0: silence. */
function toneOf(bytes: Uint8Array, start: number): number {
  let changes = 0;
  for (let i = start + 1; i < start + 40; i++) changes += (((bytes[i] ?? 0) ^ (bytes[i - 1] ?? 0)) >> 7) & 1;
  if (changes < 2) return 0;
  if (changes < 5) return 400;
  return changes < 8 ? 600 : 1000;
}

/** The incoming stream. */
export class Ear {
  lost = 0;
  /** Packets of the expected tone. */
  expected = 0;
  #sequence = -1;
  #at = 0;
  #tone = 0;
  /** The last tone that was none of silence, and when it was last heard. */
  #lastTone = 0;
  #lastToneAt = 0;

  constructor(
    private readonly expects: number | null,
    private readonly record: CallRecord,
    private readonly onInterval: (ms: number) => void,
  ) {}

  /** Takes a packet that arrived at `now`. */
  hear(bytes: Uint8Array, now: number): void {
    if (!readRtp(bytes, bytes.length, packet)) return;
    const tone = toneOf(bytes, packet.payloadStart);
    const { record } = this;
    if (record.firstPacket === 0) record.firstPacket = now;
    else {
      const step = sequenceDelta(packet.sequence, this.#sequence);
      if (step <= 0) {
        if (step < 0) this.lost--; // came late, but came
        return;
      }
      this.lost += step - 1;
      if (tone === this.#tone && tone !== 0) this.onInterval(now - this.#at);
    }
    if (tone === this.expects) {
      if (this.expected++ === 0) record.firstExpected = now;
    }
    if (tone !== 0) {
      if (this.#lastTone !== 0 && tone !== this.#lastTone) record.joints.push(Math.max(0, now - this.#lastToneAt - PACKET_MS));
      this.#lastTone = tone;
      this.#lastToneAt = now;
    }
    this.#sequence = packet.sequence;
    this.#at = now;
    this.#tone = tone;
  }
}
