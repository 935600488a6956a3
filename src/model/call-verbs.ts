import type { Segment } from './segment.js';

/*
 * What a flow asks of its call, and what the call answers: the request and the answer of each verb. Answers are plain JSON, for each
 * of them is written to the journal; a request carries no function.
 */

/** The answer of a verb that has nothing more to say. */
export type Done = { readonly kind: 'done' };

/** Why something asked of the call could not be done. */
export interface CallFailure {
  readonly kind: 'failed';
  /** Stable code of `docs/errors.md`, e.g. `SPEECH_FAILED`, `PROMPT_NOT_FOUND`, `CALL_ENDED`. */
  readonly code: string;
  readonly message: string;
}

/** One key press as the media engine saw it. `at` is wall-clock ms. */
export interface KeyPress {
  readonly key: string;
  readonly at: number;
}

/** Plays segments one after the other. */
export interface PlayRequest {
  readonly segments: readonly Segment[];
  /** How many times; 0 = until stopped. */
  readonly loop: number;
  /** −1 … 1, louder or softer; 0 is as recorded (1 step of 1 = 6 dB). */
  readonly level: number;
  /** Any key stops the prompt and stays in the buffer for the next collect. */
  readonly bargeIn: boolean;
  /** Keys that stop the prompt and are consumed, e.g. `"#*"`. */
  readonly stopKeys: string;
}

export type PlayAnswer =
  | { readonly kind: 'done'; readonly ms: number }
  /** `consumed`: it was a stop key. */
  | { readonly kind: 'interrupted'; readonly key: string; readonly consumed: boolean; readonly ms: number }
  | CallFailure;

/** Plays a prompt (if any) and gathers digits, as one operation so that a key cuts the prompt within its own packet. */
export interface CollectRequest {
  readonly prompt: readonly Segment[];
  readonly level: number;
  /** A key cuts the prompt. When false, keys pressed during the prompt are dropped. */
  readonly bargeIn: boolean;
  readonly min: number;
  readonly max: number;
  /**
   * Terminator keys, not part of the digits; may be empty. After `max` digits none is needed; one that still comes, as the
   * next key and within 2 s, belongs to them and is dropped.
   */
  readonly endOn: string;
  /** Keys that count; others are ignored. Empty = all of 0-9 * # A-D. */
  readonly allow: string;
  /** From the end of the prompt to the first key, ms. */
  readonly firstDigitTimeoutMs: number;
  readonly interDigitTimeoutMs: number;
  /** Use keys pressed before this operation began (type-ahead). */
  readonly typeAhead: boolean;
  /** The digits are masked in journal, logs and traces. */
  readonly mask: boolean;
}

export type CollectAnswer =
  | {
      readonly kind: 'collected';
      readonly digits: string;
      readonly endedBy: 'max' | 'terminator' | 'timeout';
      readonly keys: readonly KeyPress[];
    }
  /** Fewer than `min` digits before the time-out or terminator. */
  | {
      readonly kind: 'tooShort';
      readonly digits: string;
      readonly endedBy: 'max' | 'terminator' | 'timeout';
      readonly keys: readonly KeyPress[];
    }
  /** No key at all. */
  | { readonly kind: 'noInput' }
  | CallFailure;

/** The keys a collect had taken when its signal fired, instead of a rejection with `Aborted`. No widget gets to see it. */
export interface CollectLeft {
  readonly kind: 'left';
  readonly digits: string;
  readonly keys: readonly KeyPress[];
}

/** Hold music: loops until stopped or until the next play or collect. */
export interface MusicRequest {
  /** `default` is the platform's own; a list of segments is a prompt that is repeated. */
  readonly source: 'default' | Segment | readonly Segment[];
  /** Silence before the music begins, ms. */
  readonly startDelayMs: number;
  /** Silence after each round, ms; none when absent. */
  readonly pauseMs?: number;
}

/** Said over music, or while keys are awaited. */
export interface AnnounceRequest {
  readonly segments: readonly Segment[];
  /** −1 … 1, as in {@link PlayRequest}. */
  readonly level: number;
}

/** Waits for one key while nothing collects. */
export interface AwaitKeyRequest {
  /** Keys that count, all when empty. */
  readonly keys: string;
}

export type KeyAnswer = ({ readonly kind: 'pressed' } & KeyPress) | CallFailure;

/** Starts a recording. */
export interface RecordRequest {
  /** Label in the report; letters, digits, `_`, `-`. */
  readonly name: string;
  /** `caller`: what we hear, mono. `both`: stereo, caller left, what we play right. */
  readonly tracks: 'caller' | 'both';
  readonly beep: boolean;
  /** Stops by itself after so many ms; 0 = with the call. */
  readonly maxMs: number;
}

export type RecordingStarted = { readonly kind: 'started'; readonly id: string };

/** Stops the recording of that name, or the newest when null. */
export interface StopRecordingRequest {
  readonly name: string | null;
}

/** A finished recording. */
export interface RecordingInfo {
  readonly id: string;
  readonly name: string;
  readonly ms: number;
  readonly bytes: number;
  readonly format: 'wav';
}

export type RecordingStopped = { readonly kind: 'stopped'; readonly recording: RecordingInfo };

/** Ends the call. */
export interface HangupRequest {
  /** Q.850 cause. */
  readonly cause: number;
  /** The last prompt could not be played. Absent: an ordinary hangup. */
  readonly reason?: 'prompt-failed';
}
