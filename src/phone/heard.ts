import { writeFile } from 'node:fs/promises';
import { recordedAs, samplesIn, type Codec } from '../media/codec/codec.js';
import { SAMPLES_PER_MS } from '../media/codec/frame.js';
import { emptyRtpPacket, readRtp } from '../media/rtp/packet.js';
import { SequenceTracker, timestampDelta } from '../media/rtp/sequence.js';
import { TelephoneEventReceiver } from '../media/rtp/telephone-event.js';
import { wavHeader } from '../media/codec/wav.js';
import { dominantFrequency, levelDb, rms, soundStretches, type Stretch } from './analysis.js';

/** A packet this far from where its timestamp puts it, ms, was not jitter: the stream paused or jumped. */
const RESYNC_MS = 60;
/** Louder than this is something, dBFS. */
export const SOUND_DB = -45;

/** One packet of the far end, as it arrived. */
export interface Arrival {
  /** ms since the INVITE. */
  readonly atMs: number;
  readonly sequence: number;
  readonly timestamp: number;
  readonly payloadType: number;
  readonly marker: boolean;
  readonly ssrc: number;
  /** Louder than −45 dBFS. */
  readonly sound: boolean;
}

/** Time between two packets, ms since the INVITE. */
export interface Gap {
  readonly fromMs: number;
  readonly toMs: number;
  readonly ms: number;
  /** How much of it this process itself did not run, and may have taken what had long arrived for late. */
  readonly stalledMs: number;
}

interface Piece {
  /** Where it is heard, samples since the INVITE. */
  readonly at: number;
  readonly bytes: Uint8Array;
  readonly codec: Codec;
}

/** What the payload types mean just now. */
export interface PayloadTypes {
  readonly codecs: ReadonlyMap<number, Codec>;
  readonly eventTypes: readonly number[];
}

/**
 * Everything that came by RTP: when each packet arrived and what was heard, in real time: a packet is heard when its timestamp
 * says, as long as that agrees with its arrival to 60 ms; a stream that pauses leaves silence.
 */
export class Heard {
  readonly arrivals: Arrival[] = [];
  /** When this process was busy elsewhere, as seen from its own timer. */
  readonly stalls: Stretch[] = [];
  readonly digits: { key: string; atMs: number }[] = [];
  /** When the last packet with sound in it arrived; null before the first. */
  lastSoundMs: number | null = null;
  /** When the call was answered; the WAV begins there. */
  answeredMs = 0;
  readonly #pieces: Piece[] = [];
  readonly #packet = emptyRtpPacket();
  readonly #sequence = new SequenceTracker();
  readonly #events = new TelephoneEventReceiver();
  /** Timestamp ↔ sample position of the stream being heard. */
  #anchor: { readonly ssrc: number; readonly timestamp: number; readonly at: number } | null = null;

  /** Takes one datagram; true when it was RTP. */
  take(datagram: Uint8Array, atMs: number, types: PayloadTypes): boolean {
    const packet = this.#packet;
    if (!readRtp(datagram, datagram.length, packet)) return false;
    const payload = datagram.slice(packet.payloadStart, packet.payloadEnd);
    const verdict = this.#sequence.take(packet, Math.round(atMs * SAMPLES_PER_MS));
    const codec = types.codecs.get(packet.payloadType);
    const sound = codec !== undefined && levelDb(codec.coder.decode(payload)) > SOUND_DB;
    const { sequence, timestamp, payloadType, marker, ssrc } = packet;
    this.arrivals.push({ atMs, sequence, timestamp, payloadType, marker, ssrc, sound });
    if (sound) this.lastSoundMs = atMs;
    if (codec !== undefined && verdict !== 'repeat') this.#pieces.push({ at: this.#place(atMs), bytes: payload, codec });
    if (types.eventTypes.includes(payloadType)) {
      const { key } = this.#events.take(packet, payload);
      if (key !== null) this.digits.push({ key, atMs });
    }
    return true;
  }

  /** Packets received, missing, and how unevenly they came. */
  counts(): { received: number; lost: number; jitterMs: number } {
    const { received, lost, jitter } = this.#sequence;
    return { received, lost, jitterMs: jitter / SAMPLES_PER_MS };
  }

  /** Intervals between packets longer than `minMs`, in order; with `fromMs`/`toMs` only those that lie between. */
  gaps(minMs: number, { fromMs = 0, toMs = Infinity }: Partial<Stretch> = {}): Gap[] {
    const times = this.arrivals.map(({ atMs }) => atMs).filter((atMs) => atMs >= fromMs && atMs <= toMs);
    return times
      .map((atMs, index) => ({ fromMs: times[index - 1] ?? atMs, toMs: atMs }))
      .map((gap) => ({ ...gap, ms: gap.toMs - gap.fromMs }))
      .filter(({ ms }) => ms > minMs)
      .map((gap) => ({ ...gap, stalledMs: this.#stalledIn(gap) }));
  }

  /** What was heard between two times, ms since the INVITE; silence where nothing came. The whole call when absent. */
  samples(fromMs = 0, toMs = this.endMs()): Int16Array {
    const from = Math.round(fromMs * SAMPLES_PER_MS);
    const out = new Int16Array(Math.max(0, Math.round(toMs * SAMPLES_PER_MS) - from));
    for (const { at, bytes, codec } of this.#pieces) {
      const start = at - from;
      if (start >= out.length || start + samplesIn(codec, bytes.length) <= 0) continue;
      const first = Math.max(0, -start);
      out.set(codec.coder.decode(bytes).subarray(first, out.length - start), start + first);
    }
    return out;
  }

  /** Where the last sample ends, ms since the INVITE. */
  endMs(): number {
    return (
      this.#pieces.reduce((end, { at, bytes, codec }) => Math.max(end, at + samplesIn(codec, bytes.length)), 0) / SAMPLES_PER_MS
    );
  }

  /** Level between two times as a share of full scale. */
  rms(fromMs?: number, toMs?: number): number {
    return rms(this.samples(fromMs, toMs));
  }

  /** Strongest frequency between two times, Hz; null for silence. */
  dominantFrequency(fromMs?: number, toMs?: number): number | null {
    return dominantFrequency(this.samples(fromMs, toMs));
  }

  /** When something was heard: stretches of sound, pauses below `bridgeMs` (300) included; ms since the INVITE. */
  sounds(bridgeMs = 300): Stretch[] {
    return soundStretches(this.samples(), { thresholdDb: SOUND_DB, bridgeMs });
  }

  /** Writes what was heard from the answer on as a WAV file, in real time, gaps as silence. */
  async writeWav(file: string): Promise<void> {
    const samples = this.samples(this.answeredMs);
    const codec = recordedAs(null);
    const bytes = codec.coder.encode(samples.subarray(0, samples.length - (samples.length % 2)));
    await writeFile(file, Buffer.concat([wavHeader({ codec, channels: 1, dataBytes: bytes.length }), bytes]));
  }

  #stalledIn({ fromMs, toMs }: Stretch): number {
    return this.stalls.reduce((sum, stall) => sum + Math.max(0, Math.min(toMs, stall.toMs) - Math.max(fromMs, stall.fromMs)), 0);
  }

  /** Sample position of the packet just read. */
  #place(atMs: number): number {
    const { ssrc, timestamp } = this.#packet;
    const arrived = Math.round(atMs * SAMPLES_PER_MS);
    const anchor = this.#anchor;
    const expected = anchor?.ssrc === ssrc ? anchor.at + timestampDelta(timestamp, anchor.timestamp) : null;
    const at = expected === null || Math.abs(expected - arrived) > RESYNC_MS * SAMPLES_PER_MS ? arrived : expected;
    this.#anchor = { ssrc, timestamp, at };
    return at;
  }
}
