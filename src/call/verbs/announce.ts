import { untilAborted } from '../../lib/clock.js';
import type { PlayEnd } from '../../media/types.js';
import type { CallFailure, PlayAnswer, AnnounceRequest } from '../../model/call-verbs.js';
import { gainOf, makeAudible, sessionClosed, type LegInternals, type Verb } from './verb.js';

/**
 * Speaks without taking the stream over: after a prompt that is playing, over music, or while keys are awaited; answers first if
 * need be. Announcements follow one another in the order they were asked for. `interrupted` by a key that cut it, which is somebody
 * else's. One that cannot be had is `failed` with its code and holds the others up no longer.
 */
export const announce: Verb<[AnnounceRequest], PlayAnswer> = async (leg, request, signal) => {
  const begun = await begin(leg, request, signal);
  if ('kind' in begun) return begun;
  const end = await begun.end;
  return end.kind === 'closed' ? sessionClosed(leg) : end;
};

/** Hands the announcement to the media engine when its turn has come; its end is wrapped, for it is not to be waited for here. */
async function begin(
  leg: LegInternals,
  { segments, level }: AnnounceRequest,
  signal: AbortSignal,
): Promise<CallFailure | { readonly end: Promise<PlayEnd> }> {
  const turn = leg.announcements.enqueue();
  try {
    const audio = await makeAudible(leg, segments, signal);
    if (!audio.ok) return audio.error;
    await untilAborted(turn.come, signal);
    return { end: leg.session.announce({ audio: audio.value, gainDb: gainOf(level) }, signal) };
  } finally {
    turn.pass();
  }
}
