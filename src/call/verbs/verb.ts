import { Aborted, untilAborted } from '../../lib/clock.js';
import { err, ok, type Result } from '../../lib/result.js';
import type { Audio } from '../../media/codec/audio.js';
import type { UnreadWords, PromptErrorCode, PromptLibrary } from '../../speech/types.js';
import type { Segment } from '../../model/segment.js';
import type { CallFailure, Done, RecordingInfo, RecordRequest } from '../../model/call-verbs.js';
import type { MediaSession } from '../../media/types.js';
import type { AnnounceQueue } from './announce-queue.js';
import type { MusicRequests } from './music-requests.js';
import { END_REASONS, type EndReason } from '../termination.js';

/*
 * What the verbs of a leg share. Each verb is a {@link Verb} in a file of its own; `control.ts` lists them.
 */

/** Codes of `docs/errors.md` a verb can answer with. */
export type CallErrorCode =
  'ANNOUNCEMENTS_FULL' | 'CALL_ENDED' | 'CALL_NOT_ANSWERED' | 'RECORDING_FAILED' | 'RECORDING_NOT_FOUND' | PromptErrorCode;

export const DONE: Done = { kind: 'done' };

/** The recordings of the leg. */
export interface LegRecorder {
  /** Begins to record; the id of the recording, or a sentence why not. */
  start(request: Omit<RecordRequest, 'beep'>): Promise<Result<string, string>>;
  /** Stops the newest of that name, or the newest at all when null; null when there never was one. */
  stop(name: string | null): Promise<Result<RecordingInfo, string> | null>;
}

/** A leg as its verbs see it. */
export interface LegInternals {
  readonly session: MediaSession;
  readonly prompts: PromptLibrary;
  readonly recordings: LegRecorder;
  readonly announcements: AnnounceQueue;
  readonly music: MusicRequests;
  /** BCP 47 tag of segments that name none. */
  readonly language: string;
  readonly over: boolean;
  /** Answers, once however many ask; false when that never comes to be. */
  answer(): Promise<boolean>;
  /** Ends the leg; with the caller's, the call. */
  end(ending: EndReason): void;
  noteDigits(digits: string): void;
  /** Some words of a prompt were left out. */
  noteLeftOut(left: UnreadWords): void;
}

/**
 * A verb: asked of a leg with `Args` and the signal of the operation. Rejects with `Aborted` when the signal fires; everything else that
 * can go wrong is in the answer.
 */
export type Verb<Args extends readonly unknown[], Answer> = (
  leg: LegInternals,
  ...args: readonly [...Args, AbortSignal]
) => Promise<Answer>;

/** Decibels of one step of `level`: twice or half as loud. */
const DB_PER_LEVEL = 6;

/** −1 … 1 as decibels. */
export function gainOf(level: number): number {
  return Math.max(-1, Math.min(1, level)) * DB_PER_LEVEL;
}

/** The answer of a verb that could not be done; the only maker of one in this room. */
export function failed(code: CallErrorCode, message: string): CallFailure {
  return { kind: 'failed', code, message };
}

/** The one answer to anything asked of a call that is over. */
export function callEnded(): CallFailure {
  return failed('CALL_ENDED', 'The call is over.');
}

/** The answer to a verb whose session closed under it: a leg that goes on could only be silent, so it ends. */
export function sessionClosed(leg: LegInternals): CallFailure {
  if (!leg.over) leg.end(END_REASONS.mediaFailed());
  return callEnded();
}

/**
 * Makes sure the caller can hear: loads the audio, then answers if nobody has. In this order, so that a caller hears ringing and
 * not silence while text is being rendered, and a prompt that cannot be played is a failure before it costs an answer.
 */
export async function makeAudible(
  leg: LegInternals,
  segments: readonly Segment[],
  signal: AbortSignal,
): Promise<Result<readonly Audio[], CallFailure>> {
  if (signal.aborted) throw new Aborted('the call’s operation was aborted');
  if (leg.over) return err(callEnded());
  if (segments.length === 0) return afterAnswer(leg, [], signal);
  const leftOut = (left: UnreadWords): void => leg.noteLeftOut(left);
  const loaded = await untilAborted(leg.prompts.load(segments, leg.language, { leftOut }), signal);
  if (!loaded.ok) return err(failed(loaded.error.code, loaded.error.message));
  return afterAnswer(leg, loaded.value, signal);
}

async function afterAnswer(
  leg: LegInternals,
  audio: readonly Audio[],
  signal: AbortSignal,
): Promise<Result<readonly Audio[], CallFailure>> {
  const answered = await untilAborted(leg.answer(), signal);
  return answered && !leg.over ? ok(audio) : err(callEnded());
}
