import type { Result } from '../../lib/result.js';
import type { Audio } from '../../media/codec/audio.js';
import type { Pcm, PromptError, SpeechRequest } from '../types.js';

/*
 * What the main thread asks of the speech worker and what comes back. One job at a time per worker, so answers need no number.
 */

/** Handed to the worker at its start. */
export interface SpeechWorkerData {
  /** Name or path of espeak-ng. */
  readonly espeakCommand: string;
}

/** A provider that lives in the worker. */
export interface ProviderInfo {
  readonly name: string;
  readonly version: string;
  /** BCP 47 tags it speaks, or their primary languages, in lower case. */
  readonly languages: readonly string[];
}

/** Telephone audio, and the 8 kHz samples it was made of (for the disk cache). The id is the worker's own. */
export interface Encoded {
  readonly audio: Audio;
  readonly samples: Int16Array;
}

/** Job kind → what goes in and what comes out. */
export interface SpeechJobs {
  /** Which providers are there. */
  providers: { in: object; out: readonly ProviderInfo[] };
  /** Text to samples at the provider's own rate. */
  render: { in: { readonly provider: string; readonly request: SpeechRequest }; out: Result<Pcm, PromptError> };
  /** The bytes of an audio file to telephone audio. */
  decode: { in: { readonly bytes: Uint8Array }; out: Result<Encoded, PromptError> };
  /** Samples at any rate to telephone audio. */
  encode: { in: { readonly pcm: Pcm }; out: Encoded };
}

export type JobKind = keyof SpeechJobs;
export type Job = { [K in JobKind]: { readonly kind: K } & SpeechJobs[K]['in'] }[JobKind];
export type JobOf<K extends JobKind> = Extract<Job, { readonly kind: K }>;
export type JobResult<K extends JobKind> = SpeechJobs[K]['out'];
