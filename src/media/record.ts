import { open, type FileHandle } from 'node:fs/promises';
import { errorMessage } from '../lib/error-message.js';
import { err, ok, type Result } from '../lib/result.js';
import { BYTES_PER_SECOND, SILENCE, type Law } from './audio.js';
import { conversionFrom } from './codec/g711.js';
import { timestampDelta } from './rtp/sequence.js';
import type { RecordCall, RecordingEnd } from './types.js';
import { WAV_HEADER_BYTES, wavHeader } from './wav.js';

/*
 * Recording: G.711 as it came, in the order of time. Each direction is a track on which packets are laid by their RTP timestamp;
 * what nothing was laid on is silence. Written behind by a fifth of a second, in blocks, never waiting for the disk.
 */

/** Bytes written at once. */
const BLOCK_BYTES = 8000;
/** Samples a track holds: what is not written yet, with room for a thread that was held up. */
const TRACK_SAMPLES = 32_768;
/** A packet may come this late and still be laid in its place. */
const PATIENCE_SAMPLES = BYTES_PER_SECOND / 5;
/** A timestamp this far from real time began anew. */
const RESYNC_SAMPLES = BYTES_PER_SECOND * 0.4;
/** The sizes in the header are brought up to date with the first block and every so many after it: a torn file lacks little. */
const BLOCKS_PER_HEADER = 8;
/** Blocks waiting for a disk that does not keep up; beyond it the recording ends. */
const MOST_PENDING = 64;

/** Audio of one packet. */
export interface RecordedPacket {
  readonly bytes: Uint8Array;
  readonly start: number;
  readonly end: number;
  readonly timestamp: number;
  readonly law: Law;
}

class Track {
  readonly #ring: Uint8Array;
  /** Samples before this are written. */
  #written = 0;
  #anchor: { timestamp: number; position: number } | null = null;

  constructor(private readonly law: Law) {
    this.#ring = new Uint8Array(TRACK_SAMPLES).fill(SILENCE[law]);
  }

  /** Lays a packet on its place; `elapsed`: samples of real time since the recording began. */
  lay({ bytes, start, end, timestamp, law }: RecordedPacket, elapsed: number): void {
    const now = Math.max(0, elapsed - (end - start));
    this.#anchor ??= { timestamp, position: now };
    let position = this.#anchor.position + timestampDelta(timestamp, this.#anchor.timestamp);
    if (Math.abs(position - now) > RESYNC_SAMPLES) {
      this.#anchor = { timestamp, position: now };
      position = now;
    }
    const convert = law === this.law ? null : conversionFrom(law);
    const last = this.#written + TRACK_SAMPLES;
    for (let at = start; at < end; at++, position++) {
      if (position < this.#written || position >= last) continue;
      const code = bytes[at] ?? 0;
      this.#ring[position % TRACK_SAMPLES] = convert === null ? code : (convert[code] ?? 0);
    }
  }

  /** Moves the next `samples` into `target`, every `stride` bytes from `from`. */
  take(samples: number, target: Uint8Array, from: number, stride: number): void {
    for (let i = 0; i < samples; i++) {
      const at = (this.#written + i) % TRACK_SAMPLES;
      target[from + i * stride] = this.#ring[at] ?? 0;
      this.#ring[at] = SILENCE[this.law];
    }
    this.#written += samples;
  }
}

export interface RecorderOptions extends RecordCall {
  readonly law: Law;
  /** Monotonic ms. */
  readonly now: number;
}

/** One recording being made. */
export class Recorder {
  /** Resolves once the file is whole and closed, whatever stopped it. */
  readonly ended: Promise<RecordingEnd>;
  readonly #tracks: readonly Track[];
  #resolve: (end: RecordingEnd) => void = () => undefined;
  /** Samples handed to the disk, per track. */
  #samples = 0;
  /** Bytes of samples really on the disk. */
  #onDisk = 0;
  #blocks = 0;
  #pending = 0;
  #error: string | null = null;
  #stopped = false;
  #disk: Promise<void> = Promise.resolve();

  private constructor(
    private readonly options: RecorderOptions,
    private readonly file: FileHandle,
  ) {
    const channels = options.tracks === 'both' ? 2 : 1;
    this.#tracks = Array.from({ length: channels }, () => new Track(options.law));
    this.ended = new Promise((resolve) => {
      this.#resolve = resolve;
    });
  }

  /** Creates the file with its header. The error is the system's sentence. */
  static async start(options: RecorderOptions): Promise<Result<Recorder, string>> {
    let file: FileHandle | null = null;
    try {
      file = await open(options.file, 'w');
      const recorder = new Recorder(options, file);
      await recorder.#writeHeader();
      return ok(recorder);
    } catch (error) {
      await file?.close().catch(() => undefined);
      return err(errorMessage(error));
    }
  }

  get running(): boolean {
    return !this.#stopped;
  }

  /** A packet of the caller: the left, or only, track. */
  caller(packet: RecordedPacket, now: number): void {
    this.#tracks[0]?.lay(packet, this.#elapsed(now));
  }

  /** A packet we sent: the right track, if there is one. */
  ours(packet: RecordedPacket, now: number): void {
    this.#tracks[1]?.lay(packet, this.#elapsed(now));
  }

  /** Writes what is due; ends at the longest time, or when the disk fails. Call it every packet interval. */
  tick(now: number): void {
    if (this.#stopped) return;
    const { maxMs } = this.options;
    const elapsed = this.#elapsed(now);
    const perBlock = BLOCK_BYTES / this.#tracks.length;
    while (elapsed - PATIENCE_SAMPLES - this.#samples >= perBlock) this.#writeBlock(perBlock);
    if (this.#error !== null || (maxMs > 0 && elapsed >= maxMs * 8)) this.#stop(now);
  }

  /** Writes the rest, brings the header up to date and closes the file. Idempotent; never rejects. */
  stop(now: number): Promise<RecordingEnd> {
    this.#stop(now);
    return this.ended;
  }

  #stop(now: number): void {
    if (this.#stopped) return;
    this.#stopped = true;
    const perBlock = BLOCK_BYTES / this.#tracks.length;
    const total = this.#elapsed(now);
    while (this.#samples < total) this.#writeBlock(Math.min(perBlock, total - this.#samples));
    this.#disk = this.#disk.then(() => this.#finish());
  }

  /**
   * Samples of real time since the beginning, at most the longest time. An even number: so is then the number of bytes, as a RIFF
   * chunk without a pad byte must have it.
   */
  #elapsed(now: number): number {
    const { maxMs } = this.options;
    const elapsed = Math.max(0, Math.round((now - this.options.now) * 4) * 2);
    return maxMs > 0 ? Math.min(elapsed, maxMs * 8) : elapsed;
  }

  #writeBlock(samples: number): void {
    const channels = this.#tracks.length;
    const block = new Uint8Array(samples * channels);
    this.#tracks.forEach((track, channel) => {
      track.take(samples, block, channel, channels);
    });
    this.#samples += samples;
    if (this.#error !== null) return;
    if (this.#pending >= MOST_PENDING) {
      this.#error = 'The disk does not keep up with the recording.';
      return;
    }
    this.#pending++;
    this.#disk = this.#disk.then(() => this.#write(block));
  }

  async #write(block: Uint8Array): Promise<void> {
    try {
      if (this.#error !== null) return;
      await this.file.write(block, 0, block.length, WAV_HEADER_BYTES + this.#onDisk);
      this.#onDisk += block.length;
      if (this.#blocks++ % BLOCKS_PER_HEADER === 0) await this.#writeHeader();
    } catch (error) {
      this.#error = errorMessage(error);
    } finally {
      this.#pending--;
    }
  }

  async #writeHeader(): Promise<void> {
    const channels = this.#tracks.length === 2 ? 2 : 1;
    await this.file.write(wavHeader({ law: this.options.law, channels, dataBytes: this.#onDisk }), 0, WAV_HEADER_BYTES, 0);
  }

  async #finish(): Promise<void> {
    try {
      await this.#writeHeader();
    } catch (error) {
      this.#error ??= errorMessage(error);
    }
    await this.file.close().catch(() => undefined);
    const ms = Math.round(this.#onDisk / this.#tracks.length / 8);
    const bytes = WAV_HEADER_BYTES + this.#onDisk;
    this.#resolve(this.#error === null ? { ms, bytes } : { ms, bytes, error: this.#error });
  }
}
