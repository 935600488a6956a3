import type { Segment } from '../../model/segment.js';
import type { CallFailure, Done, MusicRequest } from '../../model/call-verbs.js';
import { DONE, makeAudible, type Verb } from './verb.js';

/**
 * Loops hold music until stopped or until the next play or collect; answers first if need be. An empty list is the
 * platform's own. Music that was stopped while it was being loaded never begins.
 */
export const startMusic: Verb<[MusicRequest], Done | CallFailure> = async (leg, request, signal) => {
  const { source, startDelayMs, pauseMs = 0 } = request;
  const latest = leg.music.next();
  const reached = await makeAudible(leg, segmentsOf(source), signal);
  if (!reached.ok) return reached.error;
  if (!leg.music.isLast(latest)) return DONE;
  const audio = reached.value.length === 0 ? [leg.prompts.holdMusic] : reached.value;
  leg.session.startMusic({ audio, startDelayMs, pauseMs });
  return DONE;
};

function segmentsOf(source: MusicRequest['source']): readonly Segment[] {
  if (source === 'default') return [];
  return 'kind' in source ? [source] : source;
}
