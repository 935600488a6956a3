import { announce, type AnnounceRequest } from './announce.js';
import { answer } from './answer.js';
import { awaitKey, type KeyAnswer } from './await-key.js';
import { collect, type CollectAnswer, type CollectLeft, type CollectRequest } from './collect.js';
import { hangup, type HangupRequest } from './hangup.js';
import { startMusic, stopMusic, type MusicRequest } from './music.js';
import type { CallFailure, CallInternals, Done } from './verb.js';
import { play, type PlayAnswer, type PlayRequest } from './play.js';
import { startRecording, stopRecording, type RecordRequest } from './record.js';
import type { RecordingInfo } from '../leg/recordings.js';

/**
 * Everything a flow can ask of a call; fits `CallPort` of flow by shape. Each verb rejects with `Aborted` when its signal fires (a
 * collect that has taken keys answers `left`); everything else that can go wrong is in its answer.
 */
export interface CallControl {
  answer(signal: AbortSignal): Promise<Done | CallFailure>;
  play(request: PlayRequest, signal: AbortSignal): Promise<PlayAnswer>;
  collect(request: CollectRequest, signal: AbortSignal): Promise<CollectAnswer | CollectLeft>;
  startMusic(request: MusicRequest, signal: AbortSignal): Promise<Done | CallFailure>;
  stopMusic(signal: AbortSignal): Promise<Done>;
  announce(request: AnnounceRequest, signal: AbortSignal): Promise<PlayAnswer>;
  awaitKey(request: { readonly keys: string }, signal: AbortSignal): Promise<KeyAnswer>;
  startRecording(
    request: RecordRequest,
    signal: AbortSignal,
  ): Promise<{ readonly kind: 'started'; readonly id: string } | CallFailure>;
  stopRecording(
    request: { readonly name: string | null },
    signal: AbortSignal,
  ): Promise<{ readonly kind: 'stopped'; readonly recording: RecordingInfo } | CallFailure>;
  hangup(request: HangupRequest, signal: AbortSignal): Promise<Done>;
}

/** The verbs bound to one call. */
export function createControl(call: CallInternals): CallControl {
  return {
    answer: (signal) => answer(call, signal),
    play: (request, signal) => play(call, request, signal),
    collect: (request, signal) => collect(call, request, signal),
    startMusic: (request, signal) => startMusic(call, request, signal),
    stopMusic: () => stopMusic(call),
    announce: (request, signal) => announce(call, request, signal),
    awaitKey: (request, signal) => awaitKey(call, request, signal),
    startRecording: (request, signal) => startRecording(call, request, signal),
    stopRecording: (request) => stopRecording(call, request),
    hangup: (request) => hangup(call, request),
  };
}
