import type { CollectRequest, CollectAnswer, CollectLeft } from '../../model/call-verbs.js';
import { gainOf, reachEar, sessionClosed, type CallInternals } from './verb.js';

/** Plays a prompt (if any) and gathers digits; answers first if need be. A signal that fires after the first key makes it `left`. */
export async function collect(
  call: CallInternals,
  request: CollectRequest,
  signal: AbortSignal,
): Promise<CollectAnswer | CollectLeft> {
  const audio = await reachEar(call, request.prompt, signal);
  if (!audio.ok) return audio.error;
  const { bargeIn, min, max, endOn, allow, firstDigitTimeoutMs, interDigitTimeoutMs, typeAhead } = request;
  const rules = { bargeIn, min, max, endOn, allow, firstDigitTimeoutMs, interDigitTimeoutMs, typeAhead };
  const end = await call.session.collect({ ...rules, prompt: audio.value, gainDb: gainOf(request.level) }, signal);
  if (end.kind === 'closed') return sessionClosed(call);
  if (end.kind === 'noInput') return end;
  if (!request.mask) call.noteDigits(end.digits);
  // Its session closed under it.
  if (end.kind === 'left' && !signal.aborted) sessionClosed(call);
  return end;
}
