import type { CollectRequest, CollectAnswer, CollectLeft } from '../../model/call-verbs.js';
import { gainOf, makeAudible, sessionClosed, type Verb } from './verb.js';

/** Plays a prompt (if any) and gathers digits; answers first if need be. A signal that fires after the first key makes it `left`. */
export const collect: Verb<[CollectRequest], CollectAnswer | CollectLeft> = async (leg, request, signal) => {
  const audio = await makeAudible(leg, request.prompt, signal);
  if (!audio.ok) return audio.error;
  const { bargeIn, min, max, endOn, allow, firstDigitTimeoutMs, interDigitTimeoutMs, typeAhead } = request;
  const rules = { bargeIn, min, max, endOn, allow, firstDigitTimeoutMs, interDigitTimeoutMs, typeAhead };
  const end = await leg.session.collect({ ...rules, audio: audio.value, gainDb: gainOf(request.level) }, signal);
  if (end.kind === 'closed') return sessionClosed(leg);
  if (end.kind === 'noInput') return end;
  if (!request.mask) leg.noteDigits(end.digits);
  // Its session closed under it.
  if (end.kind === 'left' && !signal.aborted) sessionClosed(leg);
  return end;
};
