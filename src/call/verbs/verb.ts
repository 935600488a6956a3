import { Aborted, untilAborted } from '../../lib/clock.js';
import { err, ok, type Result } from '../../lib/result.js';
import type { Audio } from '../../media/codec/audio.js';
import type { LeftOut, PromptErrorCode, PromptLibrary } from '../../speech/types.js';
import type { Segment } from '../../model/segment.js';
import type { CallFailure, Done } from '../../model/call-verbs.js';
import type { MediaSession } from '../../media/types.js';
import type { Announcements } from './announce-queue.js';
import type { MusicOrders } from './music-orders.js';
import type { Recordings } from '../leg/recordings.js';
import type { Ending } from '../termination.js';

/*
 * What the verbs of a call share. Each verb is a function of this, a request and a signal; `control.ts` puts them together.
 */

/** Codes of `docs/errors.md` a verb can answer with. */
export type CallErrorCode =
  'ANNOUNCEMENTS_FULL' | 'CALL_ENDED' | 'CALL_NOT_ANSWERED' | 'RECORDING_FAILED' | 'RECORDING_NOT_FOUND' | PromptErrorCode;

export const DONE: Done = { kind: 'done' };

/** The call as its verbs see it. */
export interface CallInternals {
  readonly session: MediaSession;
  readonly prompts: PromptLibrary;
  readonly recordings: Recordings;
  readonly announcements: Announcements;
  readonly music: MusicOrders;
  /** BCP 47 tag of segments that name none. */
  readonly language: string;
  readonly over: boolean;
  /** Answers, once however many ask. */
  answer(): Promise<Result<void, Ending>>;
  end(ending: Ending): void;
  /** The engine closed the session under a call that is not over: it could only be silent, so it ends. */
  mediaClosed(): void;
  noteDigits(digits: string): void;
  /** Told of every text that is not read whole. */
  noteLeftOut(left: LeftOut): void;
}

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

/** The answer to a verb whose session closed under it. */
export function sessionClosed(call: CallInternals): CallFailure {
  if (!call.over) call.mediaClosed();
  return callEnded();
}

/**
 * Makes sure the caller can hear: loads the audio, then answers if nobody has. In this order, so that a caller hears ringing and
 * not silence while text is being rendered, and a prompt that cannot be played is a failure before it costs an answer.
 */
export async function reachEar(
  call: CallInternals,
  segments: readonly Segment[],
  signal: AbortSignal,
): Promise<Result<readonly Audio[], CallFailure>> {
  if (signal.aborted) throw new Aborted('the call’s operation was aborted');
  if (call.over) return err(callEnded());
  if (segments.length === 0) return afterAnswer(call, [], signal);
  const leftOut = (left: LeftOut): void => call.noteLeftOut(left);
  const loaded = await untilAborted(call.prompts.load(segments, call.language, { leftOut }), signal);
  if (!loaded.ok) return err(failed(loaded.error.code, loaded.error.message));
  return afterAnswer(call, loaded.value, signal);
}

async function afterAnswer(
  call: CallInternals,
  audio: readonly Audio[],
  signal: AbortSignal,
): Promise<Result<readonly Audio[], CallFailure>> {
  const answered = await untilAborted(call.answer(), signal);
  return answered.ok && !call.over ? ok(audio) : err(callEnded());
}
