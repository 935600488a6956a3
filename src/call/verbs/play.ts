import type { PlayRequest, PlayAnswer } from '../../model/call-verbs.js';
import { gainOf, reachEar, sessionClosed, type CallInternals } from './verb.js';

/** Plays segments one after the other; answers first if need be. A prompt that cannot be had is `failed` with its code. */
export async function play(call: CallInternals, request: PlayRequest, signal: AbortSignal): Promise<PlayAnswer> {
  const audio = await reachEar(call, request.segments, signal);
  if (!audio.ok) return audio.error;
  const { loop, level, bargeIn, stopKeys } = request;
  const end = await call.session.play({ audio: audio.value, loop, gainDb: gainOf(level), bargeIn, stopKeys }, signal);
  return end.kind === 'closed' ? sessionClosed(call) : end;
}
