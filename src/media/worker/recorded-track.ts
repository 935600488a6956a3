import { samplesIn, type Codec, type WavCodec } from '../codec/codec.js';
import { transcoderOf, type Transcoder } from '../codec/convert.js';
import { SAMPLE_RATE } from '../codec/frame.js';
import { timestampDelta } from '../rtp/sequence.js';

/** Audio of one packet. */
export interface RecordedPacket {
  readonly bytes: Uint8Array;
  readonly start: number;
  readonly end: number;
  readonly timestamp: number;
  /** Of its stream: another one begins a timeline of its own. One stream all along when absent. */
  readonly ssrc?: number;
  readonly codec: Codec;
}

/**
 * Sound may come this late and still be laid in its place, samples: 2 s. Longer stalls of a network are rare, and what a track
 * keeps for it is memory of every recording.
 */
export const LATEST_SAMPLES = 2 * SAMPLE_RATE;
/** Samples a track holds: those written that late sound may still change, and those to come, with room for a held-up thread. */
const TRACK_SAMPLES = 65_536;
/** A timestamp this far from real time began anew, unless it is of sound that came late. */
const RESYNC_SAMPLES = SAMPLE_RATE * 0.4;
/** A timestamp this far ahead of real time says that the first packets of the stream came late; jitter and our own pace stay below. */
const EARLY_SAMPLES = SAMPLE_RATE * 0.1;
/** Sound that comes at more than this many times its pace is late sound catching up. */
const CATCHING_UP = 1.5;

/** Where the timestamps of a stream lie on the track. */
interface Anchor {
  readonly ssrc: number;
  readonly timestamp: number;
  position: number;
  /** Where its sound ends, and where the sound before it did. */
  end: number;
  readonly floor: number;
}

/** Where samples go in a block: every `stride` bytes from `from`. */
interface Place {
  readonly from: number;
  readonly stride: number;
}

/** One direction of a recording: packets laid by their RTP timestamps, what nothing was laid on is silence. */
export class RecordedTrack {
  /** Samples that came too late for their place. */
  tooLate = 0;
  /** What late sound has changed of what is written already; nothing when `to` is 0. */
  readonly changed = { from: 0, to: 0 };
  readonly #ring: Uint8Array;
  /** The codec of the newest packet, and how it becomes that of the file; null: it is that. */
  #heardIn: Codec;
  #transcode: Transcoder | null = null;
  /** Samples before this are written. */
  #written = 0;
  #anchor: Anchor | null = null;
  /** The packet with which sound began to come late: when it came, and its timestamp. */
  #lateSince: { readonly elapsed: number; readonly timestamp: number; first: number } | null = null;

  /** @param codec of the file: one byte a sample */
  constructor(private readonly codec: WavCodec) {
    this.#heardIn = codec;
    this.#ring = new Uint8Array(TRACK_SAMPLES).fill(codec.silence);
  }

  /** Lays a packet on its place; `elapsed`: samples of real time since the recording began. */
  lay(packet: RecordedPacket, elapsed: number): void {
    const now = Math.max(0, elapsed - samplesIn(packet.codec, packet.end - packet.start));
    const position = this.#place(packet, now, elapsed);
    if (position !== null) this.#copy(packet, position);
  }

  /** Moves the next `samples` into `target`. */
  take(samples: number, target: Uint8Array, { from, stride }: Place): void {
    this.copy(this.#written, samples, target, { from, stride });
    // What leaves the track makes room for what is to come.
    for (let i = 0; i < samples; i++) this.#ring[slot(this.#written - LATEST_SAMPLES + i)] = this.codec.silence;
    this.#written += samples;
  }

  /** Copies `samples` from `position` on, which the track must still hold. */
  copy(position: number, samples: number, target: Uint8Array, { from, stride }: Place): void {
    for (let i = 0; i < samples; i++) target[from + i * stride] = this.#ring[slot(position + i)] ?? 0;
  }

  /** Forgets {@link changed}: it is written. */
  settle(): void {
    this.changed.from = this.changed.to = 0;
  }

  /** Where a packet belongs; null when it came too late. */
  #place({ timestamp, start, end, codec, ssrc = 0 }: RecordedPacket, now: number, elapsed: number): number | null {
    const anchor = this.#anchor;
    if (anchor === null || anchor.ssrc !== ssrc) return this.#begin(ssrc, timestamp, now);
    const position = anchor.position + timestampDelta(timestamp, anchor.timestamp);
    const early = position - now;
    if (early > RESYNC_SAMPLES) return this.#begin(ssrc, timestamp, now);
    if (early > EARLY_SAMPLES && this.#moveBack(anchor, early)) return now;
    if (early >= -RESYNC_SAMPLES) {
      this.#lateSince = null;
      return position;
    }
    if (!this.#catchesUp(timestamp, elapsed)) return this.#begin(ssrc, timestamp, now);
    if (early >= -LATEST_SAMPLES) return position;
    this.#count(timestamp, samplesIn(codec, end - start));
    return null;
  }

  #begin(ssrc: number, timestamp: number, position: number): number {
    const floor = this.#anchor === null ? 0 : Math.max(this.#anchor.end, this.#anchor.floor);
    this.#anchor = { ssrc, timestamp, position, end: position, floor: Math.min(floor, position) };
    this.#lateSince = null;
    return position;
  }

  /** Whether late packets come faster than they were spoken: a stall that is over. A sender whose clock moved sends at its pace. */
  #catchesUp(timestamp: number, elapsed: number): boolean {
    const since = (this.#lateSince ??= { elapsed, timestamp, first: 0 });
    const spoken = timestampDelta(timestamp, since.timestamp);
    // The first packet tells nothing yet, nor does one that was overtaken on the way.
    if (spoken <= 0) return true;
    if (spoken <= CATCHING_UP * (elapsed - since.elapsed)) return false;
    this.tooLate += since.first;
    since.first = 0;
    return true;
  }

  /** Counts what came too late; the first packet when the second shows that it is no sender whose clock moved. */
  #count(timestamp: number, samples: number): void {
    if (timestamp === this.#lateSince?.timestamp) this.#lateSince.first = samples;
    else this.tooLate += samples;
  }

  /**
   * The stream's first packets came late, as the ones behind them show: moves what was laid of it back by so many samples. What was
   * spoken before the recording began, or under sound that was there, is let go. False when that lies too far back.
   */
  #moveBack(anchor: Anchor, samples: number): boolean {
    const from = anchor.position;
    const lowest = Math.max(anchor.floor, this.#written - LATEST_SAMPLES, 0);
    if (from < lowest || anchor.end > this.#written + TRACK_SAMPLES - LATEST_SAMPLES) return false;
    for (let at = from; at < anchor.end; at++) {
      const code = this.#ring[slot(at)] ?? 0;
      this.#ring[slot(at)] = this.codec.silence;
      if (at - samples >= lowest) this.#ring[slot(at - samples)] = code;
    }
    this.#note(Math.max(lowest, from - samples), anchor.end);
    this.#anchor = {
      ...anchor,
      // The anchor stays where sound of it can still be moved from.
      timestamp: (anchor.timestamp + Math.max(0, lowest - (from - samples))) >>> 0,
      position: Math.max(lowest, from - samples),
      end: Math.max(lowest, anchor.end - samples),
    };
    return true;
  }

  #copy({ bytes, start, end, codec }: RecordedPacket, from: number): void {
    if (codec !== this.#heardIn) {
      this.#heardIn = codec;
      this.#transcode = transcoderOf(codec, this.codec);
    }
    const transcode = this.#transcode;
    if (transcode === null) this.#write(bytes, start, end, from);
    else this.#write(transcode(bytes, start, end), 0, samplesIn(codec, end - start), from);
  }

  /** Writes samples in the codec of the file to their places. */
  #write(bytes: Uint8Array, start: number, end: number, from: number): void {
    const first = Math.max(0, this.#written - LATEST_SAMPLES);
    const last = this.#written + TRACK_SAMPLES - LATEST_SAMPLES;
    let position = from;
    for (let at = start; at < end; at++, position++) {
      if (position >= first && position < last) this.#ring[slot(position)] = bytes[at] ?? 0;
    }
    this.#note(Math.max(first, from), position);
    if (this.#anchor !== null && position > this.#anchor.end) this.#anchor.end = position;
  }

  /** Notes a change of samples, as far as they are written. */
  #note(from: number, to: number): void {
    if (from >= this.#written || from >= to) return;
    const { changed } = this;
    changed.from = changed.to === 0 ? from : Math.min(changed.from, from);
    changed.to = Math.max(changed.to, Math.min(to, this.#written));
  }
}

/** Place in the ring of a position, which may lie before the beginning. */
function slot(position: number): number {
  return position & (TRACK_SAMPLES - 1);
}
