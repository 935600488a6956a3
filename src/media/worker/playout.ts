import type { Codec, CodecName } from '../codec/codec.js';
import { gainOf, type Gain } from '../codec/convert.js';
import { FRAME_MS } from '../codec/frame.js';

/** One audio as a worker holds it: views of the shared buffers, by codec. */
export type EncodedAudio = Readonly<Record<CodecName, Uint8Array>>;

export interface PlayoutOptions {
  readonly audio: readonly EncodedAudio[];
  /** How many times; 0 = for ever. */
  readonly loop: number;
  readonly gainDb: number;
  /** Silence before the first frame, ms. */
  readonly leadInMs?: number;
  /** Silence after each round, ms. */
  readonly pauseMs?: number;
}

/** A walk through a list of audio, frame by frame. */
export class Playout {
  /** Frames given so far, lead-in included. */
  frames = 0;
  readonly #audio: readonly EncodedAudio[];
  #rounds: number;
  /** Frames of silence before the audio goes on. */
  #silence: number;
  /** Nothing of the audio was given yet. */
  #leadingIn: boolean;
  #index = 0;
  /** Frames of the audio at {@link #index} that were given. */
  #given = 0;
  /** The codec in use, and what makes a frame in it louder. */
  #codec: Codec | null = null;
  #gain: Gain | null = null;

  constructor(private readonly options: PlayoutOptions) {
    this.#audio = options.audio.filter((one) => Object.values(one).some(({ length }) => length > 0));
    this.#rounds = options.loop > 0 ? options.loop : Infinity;
    this.#silence = framesOf(options.leadInMs);
    this.#leadingIn = this.#silence > 0;
  }

  /** Play time so far, ms. */
  get ms(): number {
    return this.frames * FRAME_MS;
  }

  /** Writes the next frame to `packet` at `at`. False, with nothing written, when it is over. */
  fill(packet: Uint8Array, at: number, codec: Codec): boolean {
    const { bytes } = codec.frame;
    if (this.#silence > 0) {
      this.#silence--;
      packet.fill(codec.silence, at, at + bytes);
    } else {
      const audio = this.#audio[this.#index]?.[codec.name];
      if (audio === undefined || this.#rounds <= 0) return false;
      this.#leadingIn = false;
      if (codec !== this.#codec) this.#use(codec);
      const from = this.#given * bytes;
      packet.set(audio.subarray(from, from + bytes), at);
      this.#gain?.(packet, at, at + bytes);
      this.#advance(audio.length / bytes);
    }
    this.frames++;
    return true;
  }

  /** A frame of the silence before the first frame passes unheard; that silence is time, not something to listen to. */
  passLeadIn(): void {
    if (this.#leadingIn && this.#silence > 0) this.#silence--;
  }

  #use(codec: Codec): void {
    this.#codec = codec;
    this.#gain = gainOf(codec, this.options.gainDb);
  }

  #advance(frames: number): void {
    this.#given++;
    if (this.#given < frames) return;
    this.#given = 0;
    this.#index++;
    if (this.#index < this.#audio.length) return;
    this.#index = 0;
    this.#rounds--;
    if (this.#rounds > 0) this.#silence = framesOf(this.options.pauseMs);
  }
}

function framesOf(ms = 0): number {
  return Math.ceil(ms / FRAME_MS);
}
