import type { PromptSegment } from '../../speech/types.js';
import { DONE, reachEar, type CallFailure, type CallInternals, type Done } from './verb.js';

export interface MusicRequest {
  /** `default` is the platform's own; a list of segments is a prompt that is repeated. */
  readonly source: 'default' | PromptSegment | readonly PromptSegment[];
  /** Silence before the music begins, ms. */
  readonly startDelayMs: number;
  /** Silence after each round, ms; none when absent. */
  readonly pauseMs?: number;
}

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

function segmentsOf(source: MusicRequest['source']): readonly PromptSegment[] {
  if (source === 'default') return [];
  return 'kind' in source ? [source] : source;
}

/** Stops the music; nothing happens when there is none. */
export function stopMusic(call: CallInternals): Promise<Done> {
  call.music.next();
  if (!call.over) call.session.stopMusic();
  return Promise.resolve(DONE);
}
