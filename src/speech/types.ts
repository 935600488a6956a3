import type { Result } from '../lib/result.js';
import type { Audio } from '../media/codec/audio.js';
import type { Segment } from '../model/segment.js';

/* The prompt library: from what a flow says to audio the engine plays. */

export type PromptErrorCode =
  | 'SPEECH_FAILED'
  | 'SPEECH_LANGUAGE_UNSUPPORTED'
  | 'SPEECH_UNREADABLE'
  | 'PROMPT_NOT_FOUND'
  | 'PROMPT_UNREADABLE'
  | 'PROMPT_TOO_LARGE'
  | 'PROMPT_FETCH_FAILED';

export interface PromptError {
  readonly code: PromptErrorCode;
  readonly message: string;
}

/** A request for speech, complete: its hash is the cache key. */
export interface SpeechRequest {
  readonly text: string;
  readonly language: string;
  readonly voice: string | null;
}

/** 16-bit mono samples at any rate. */
export interface Pcm {
  readonly samples: Int16Array;
  readonly sampleRate: number;
}

/** A speech provider. HTTP providers fit here too. */
export interface SpeechProvider {
  /** As the configuration names it; part of the cache key. */
  readonly name: string;
  /** Version of whatever renders, so that a new one renders anew; part of the cache key. */
  readonly version: string;
  /** True when it can speak this BCP 47 language. */
  speaks(language: string): boolean;
  /** `urgency.background` may turn false while the request waits: a live call came to need it. */
  render(request: SpeechRequest, urgency?: { readonly background: boolean }): Promise<Result<Pcm, PromptError>>;
}

/** Words of a text that were left out, without the words: they may be anybody's. */
export interface UnreadWords {
  /** The same for the same text, language and voice. */
  readonly key: string;
  readonly words: number;
  readonly scripts: readonly string[];
  readonly language: string;
  readonly provider: string;
}

export interface LoadOptions {
  readonly background?: boolean;
  readonly leftOut?: (left: UnreadWords) => void;
}

export interface PromptLibrary {
  /**
   * Audio for every segment, in order, or the first thing that went wrong. Same request twice at once renders once. A text with nothing
   * that the voice reads is left out, unless nothing else is in the prompt. `leftOut` is called for every text that is not read whole.
   * `background`: nobody is listening yet (a flow being loaded); live calls go first.
   */
  load(segments: readonly Segment[], language: string, options?: LoadOptions): Promise<Result<readonly Audio[], PromptError>>;
  /** True when somebody on this machine spoke this BCP 47 language at the start. */
  speaks(language: string): boolean;
  /** The platform's default hold music, loaded at start. */
  readonly holdMusic: Audio;
  /** A 1 kHz, 0.25 s tone. */
  readonly beep: Audio;
  close(): Promise<void>;
}
