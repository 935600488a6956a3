import { FRAME_BYTES, SILENCE, type Law } from '../codec/audio.js';
import { gainTable } from '../codec/g711.js';

/** One audio as a worker holds it: views of the shared buffers, by law. */
export type EncodedAudio = Readonly<Record<Law, Uint8Array>>;

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
  #offset = 0;

  constructor(private readonly options: PlayoutOptions) {
    this.#audio = options.audio.filter(({ PCMU }) => PCMU.length > 0);
    this.#rounds = options.loop > 0 ? options.loop : Infinity;
    this.#silence = framesOf(options.leadInMs);
    this.#leadingIn = this.#silence > 0;
  }

  /** Play time so far, ms. */
  get ms(): number {
    return this.frames * 20;
  }

  /** Writes the next frame to `packet` at `at`. False, with nothing written, when it is over. */
  fill(packet: Uint8Array, at: number, law: Law): boolean {
    if (this.#silence > 0) {
      this.#silence--;
      packet.fill(SILENCE[law], at, at + FRAME_BYTES);
    } else {
      const audio = this.#audio[this.#index]?.[law];
      if (audio === undefined || this.#rounds <= 0) return false;
      this.#leadingIn = false;
      const gain = gainTable(law, this.options.gainDb);
      if (gain === null) packet.set(audio.subarray(this.#offset, this.#offset + FRAME_BYTES), at);
      else for (let i = 0; i < FRAME_BYTES; i++) packet[at + i] = gain[audio[this.#offset + i] ?? 0] ?? 0;
      this.#advance(audio.length);
    }
    this.frames++;
    return true;
  }

  /** A frame of the silence before the first frame passes unheard; that silence is time, not something to listen to. */
  passLeadIn(): void {
    if (this.#leadingIn && this.#silence > 0) this.#silence--;
  }

  #advance(length: number): void {
    this.#offset += FRAME_BYTES;
    if (this.#offset < length) return;
    this.#offset = 0;
    this.#index++;
    if (this.#index < this.#audio.length) return;
    this.#index = 0;
    this.#rounds--;
    if (this.#rounds > 0) this.#silence = framesOf(this.options.pauseMs);
  }
}

function framesOf(ms = 0): number {
  return Math.ceil(ms / 20);
}
