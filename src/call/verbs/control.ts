import { announce } from './announce.js';
import type {
  AnnounceRequest,
  AwaitKeyRequest,
  CallFailure,
  CollectAnswer,
  CollectLeft,
  CollectRequest,
  Done,
  HangupRequest,
  KeyAnswer,
  MusicRequest,
  PlayAnswer,
  PlayRequest,
  RecordingStarted,
  RecordingStopped,
  RecordRequest,
  StopRecordingRequest,
} from '../../model/call-verbs.js';
import { answer } from './answer.js';
import { awaitKey } from './await-key.js';
import { collect } from './collect.js';
import { hangup } from './hangup.js';
import { startMusic, stopMusic } from './music.js';
import type { CallInternals } from './verb.js';
import { play } from './play.js';
import { startRecording, stopRecording } from './record.js';

/**
 * Everything a flow can ask of a call, which implements `CallPort` of flow. Each verb rejects with `Aborted` when its signal fires (a
 * collect that has taken keys answers `left`); everything else that can go wrong is in its answer.
 */
export interface CallControl {
  answer(signal: AbortSignal): Promise<Done | CallFailure>;
  play(request: PlayRequest, signal: AbortSignal): Promise<PlayAnswer>;
  collect(request: CollectRequest, signal: AbortSignal): Promise<CollectAnswer | CollectLeft>;
  startMusic(request: MusicRequest, signal: AbortSignal): Promise<Done | CallFailure>;
  stopMusic(signal: AbortSignal): Promise<Done>;
  announce(request: AnnounceRequest, signal: AbortSignal): Promise<PlayAnswer>;
  awaitKey(request: AwaitKeyRequest, signal: AbortSignal): Promise<KeyAnswer>;
  startRecording(request: RecordRequest, signal: AbortSignal): Promise<RecordingStarted | CallFailure>;
  stopRecording(request: StopRecordingRequest, signal: AbortSignal): Promise<RecordingStopped | CallFailure>;
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
