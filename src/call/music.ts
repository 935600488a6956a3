import type { PromptSegment } from '../media/prompts/types.js';
import { DONE, reachEar, type CallFailure, type CallInternals, type Done } from './operation.js';

export interface MusicRequest {
  /** `default` is the platform's own. */
  readonly source: 'default' | PromptSegment;
  /** Silence before the music begins, ms. */
  readonly startDelayMs: number;
}

/** Loops hold music until stopped or until the next play or collect; answers first if need be. */
export async function startMusic(call: CallInternals, request: MusicRequest, signal: AbortSignal): Promise<Done | CallFailure> {
  const reached = await reachEar(call, request.source === 'default' ? [] : [request.source], signal);
  if (!reached.ok) return reached.error;
  call.session.startMusic(reached.value[0] ?? call.prompts.holdMusic, request.startDelayMs);
  return DONE;
}

/** Stops the music; nothing happens when there is none. */
export function stopMusic(call: CallInternals): Promise<Done> {
  if (!call.over) call.session.stopMusic();
  return Promise.resolve(DONE);
}
