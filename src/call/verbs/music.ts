import type { Segment } from '../../model/segment.js';
import type { CallFailure, Done, MusicRequest } from '../../model/call-verbs.js';
import { DONE, reachEar, type CallInternals } from './verb.js';

/**
 * Loops hold music until stopped or until the next play or collect; answers first if need be. An empty list is the
 * platform's own. Music that was stopped while it was being loaded never begins.
 */
export async function startMusic(call: CallInternals, request: MusicRequest, signal: AbortSignal): Promise<Done | CallFailure> {
  const { source, startDelayMs, pauseMs = 0 } = request;
  const order = call.music.next();
  const reached = await reachEar(call, segmentsOf(source), signal);
  if (!reached.ok) return reached.error;
  if (!call.music.isLast(order)) return DONE;
  const audio = reached.value.length === 0 ? [call.prompts.holdMusic] : reached.value;
  call.session.startMusic({ audio, startDelayMs, pauseMs });
  return DONE;
}

function segmentsOf(source: MusicRequest['source']): readonly Segment[] {
  if (source === 'default') return [];
  return 'kind' in source ? [source] : source;
}

/** Stops the music; nothing happens when there is none. */
export function stopMusic(call: CallInternals): Promise<Done> {
  call.music.next();
  if (!call.over) call.session.stopMusic();
  return Promise.resolve(DONE);
}
