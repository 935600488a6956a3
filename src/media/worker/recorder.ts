import { open, type FileHandle } from 'node:fs/promises';
import { errorMessage } from '../../lib/error-message.js';
import { err, ok, type Result } from '../../lib/result.js';
import { recordedAs, type CodecName, type WavCodec } from '../codec/codec.js';
import { SAMPLE_RATE, SAMPLES_PER_MS } from '../codec/frame.js';
import { RecordedTrack, type RecordedPacket } from './recorded-track.js';
import type { RecordCall, RecordingEnd } from '../types.js';
import { WAV_HEADER_BYTES, wavHeader } from '../codec/wav.js';

/*
 * Recording: sound as it came, one byte a sample, in the order of time. Each direction is a track on which packets are laid by their RTP timestamp;
 * what nothing was laid on is silence. Written behind by a fifth of a second, in blocks, never waiting for the disk; sound that comes
 * later than that, up to two seconds, is written over the silence that was kept for it.
 */

/** Bytes written at once. */
const BLOCK_BYTES = 8000;
/** A packet may come this late without anything being written a second time. */
const PATIENCE_SAMPLES = SAMPLE_RATE / 5;
/** The sizes in the header are brought up to date with the first block and every so many after it: a torn file lacks little. */
const BLOCKS_PER_HEADER = 8;
/** Blocks waiting for a disk that does not keep up; beyond it the recording ends. */
const MOST_PENDING = 64;

export interface RecorderOptions extends RecordCall {
  /** The codec of the call; the file's is what calls in that are recorded in. Null: none is negotiated yet. */
  readonly codec: CodecName | null;
  /** Monotonic ms. */
  readonly now: number;
}

/** One recording being made. */
export class Recorder {
  /** Resolves once the file is whole and closed, whatever stopped it. */
  readonly ended: Promise<RecordingEnd>;
  readonly #codec: WavCodec;
  readonly #tracks: readonly RecordedTrack[];
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
    const codec = recordedAs(options.codec);
    const channels = options.tracks === 'both' ? 2 : 1;
    this.#codec = codec;
    this.#tracks = Array.from({ length: channels }, () => new RecordedTrack(codec));
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
    if (this.#error !== null || (maxMs > 0 && elapsed >= maxMs * SAMPLES_PER_MS)) this.#stop(now);
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
    this.#rewrite();
    this.#disk = this.#disk.then(() => this.#finish());
  }

  /**
   * Samples of real time since the beginning, at most the longest time. An even number: so is then the number of bytes, as a RIFF
   * chunk without a pad byte must have it.
   */
  #elapsed(now: number): number {
    const { maxMs } = this.options;
    const elapsed = Math.max(0, 2 * Math.round(((now - this.options.now) * SAMPLES_PER_MS) / 2));
    return maxMs > 0 ? Math.min(elapsed, maxMs * SAMPLES_PER_MS) : elapsed;
  }

  #writeBlock(samples: number): void {
    this.#rewrite();
    const channels = this.#tracks.length;
    const block = new Uint8Array(samples * channels);
    this.#tracks.forEach((track, channel) => {
      track.take(samples, block, { from: channel, stride: channels });
    });
    const from = this.#samples;
    this.#samples += samples;
    this.#queue(block, from, samples);
  }

  /** Writes anew what late sound has changed since the last block. */
  #rewrite(): void {
    const changed = this.#tracks.map((track) => track.changed).filter(({ to }) => to > 0);
    if (changed.length === 0) return;
    const channels = this.#tracks.length;
    const from = Math.min(...changed.map((one) => one.from));
    const samples = Math.max(...changed.map(({ to }) => to)) - from;
    const block = new Uint8Array(samples * channels);
    this.#tracks.forEach((track, channel) => {
      track.copy(from, samples, block, { from: channel, stride: channels });
      track.settle();
    });
    this.#queue(block, from, 0);
  }

  /** Has a block written to its place; `added`: samples by which the file grows. */
  #queue(block: Uint8Array, from: number, added: number): void {
    if (this.#error !== null) return;
    if (this.#pending >= MOST_PENDING) {
      this.#error = 'The disk does not keep up with the recording.';
      return;
    }
    this.#pending++;
    this.#disk = this.#disk.then(() => this.#write(block, WAV_HEADER_BYTES + from * this.#tracks.length, added));
  }

  async #write(block: Uint8Array, position: number, added: number): Promise<void> {
    try {
      if (this.#error !== null) return;
      await this.file.write(block, 0, block.length, position);
      this.#onDisk += added * this.#tracks.length;
      if (added > 0 && this.#blocks++ % BLOCKS_PER_HEADER === 0) await this.#writeHeader();
    } catch (error) {
      this.#error = errorMessage(error);
    } finally {
      this.#pending--;
    }
  }

  async #writeHeader(): Promise<void> {
    const channels = this.#tracks.length === 2 ? 2 : 1;
    await this.file.write(wavHeader({ codec: this.#codec, channels, dataBytes: this.#onDisk }), 0, WAV_HEADER_BYTES, 0);
  }

  async #finish(): Promise<void> {
    try {
      await this.#writeHeader();
    } catch (error) {
      this.#error ??= errorMessage(error);
    }
    await this.file.close().catch(() => undefined);
    const ms = Math.round(this.#onDisk / this.#tracks.length / SAMPLES_PER_MS);
    const bytes = WAV_HEADER_BYTES + this.#onDisk;
    const tooLate = this.#tracks[0]?.tooLate ?? 0;
    const lateMs = tooLate === 0 ? {} : { lateMs: Math.ceil(tooLate / SAMPLES_PER_MS) };
    this.#resolve({ ms, bytes, ...lateMs, ...(this.#error !== null && { error: this.#error }) });
  }
}
