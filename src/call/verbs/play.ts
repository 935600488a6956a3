import type { PromptSegment } from '../../speech/types.js';
import { gainOf, reachEar, sessionClosed, type CallFailure, type CallInternals } from './verb.js';

export interface PlayRequest {
  readonly segments: readonly PromptSegment[];
  /** How many times; 0 = until stopped. */
  readonly loop: number;
  /** −1 … 1. */
  readonly level: number;
  readonly bargeIn: boolean;
  readonly stopKeys: string;
}

export type PlayAnswer =
  | { readonly kind: 'done'; readonly ms: number }
  | { readonly kind: 'interrupted'; readonly key: string; readonly consumed: boolean; readonly ms: number }
  | CallFailure;

/** Plays segments one after the other; answers first if need be. A prompt that cannot be had is `failed` with its code. */
export async function play(call: CallInternals, request: PlayRequest, signal: AbortSignal): Promise<PlayAnswer> {
  const audio = await reachEar(call, request.segments, signal);
  if (!audio.ok) return audio.error;
  const { loop, level, bargeIn, stopKeys } = request;
  const end = await call.session.play({ audio: audio.value, loop, gainDb: gainOf(level), bargeIn, stopKeys }, signal);
  return end.kind === 'closed' ? sessionClosed(call) : end;
}
