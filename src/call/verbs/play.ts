import type { PlayRequest, PlayAnswer } from '../../model/call-verbs.js';
import { gainOf, makeAudible, sessionClosed, type Verb } from './verb.js';

/** Plays segments one after the other; answers first if need be. A prompt that cannot be had is `failed` with its code. */
export const play: Verb<[PlayRequest], PlayAnswer> = async (leg, request, signal) => {
  const audio = await makeAudible(leg, request.segments, signal);
  if (!audio.ok) return audio.error;
  const { loop, level, bargeIn, stopKeys } = request;
  const end = await leg.session.play({ audio: audio.value, loop, gainDb: gainOf(level), bargeIn, stopKeys }, signal);
  return end.kind === 'closed' ? sessionClosed(leg) : end;
};
