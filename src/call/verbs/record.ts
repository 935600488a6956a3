import { DONE, failed, reachEar, sessionClosed, type CallInternals } from './verb.js';
import type {
  CallFailure,
  Done,
  RecordingStarted,
  RecordingStopped,
  RecordRequest,
  StopRecordingRequest,
} from '../../model/call-verbs.js';

/** Starts a recording, after a beep if asked for; answers first if need be. */
export async function startRecording(
  call: CallInternals,
  request: RecordRequest,
  signal: AbortSignal,
): Promise<RecordingStarted | CallFailure> {
  const beeped = await beep(call, request.beep, signal);
  if (beeped.kind === 'failed') return beeped;
  const started = await call.recordings.start(request);
  if (started.ok) return { kind: 'started', id: started.value };
  return failed('RECORDING_FAILED', started.error);
}

/** Stops the recording of that name, or the newest when null. One that stopped by itself is answered too. */
export async function stopRecording(call: CallInternals, request: StopRecordingRequest): Promise<RecordingStopped | CallFailure> {
  const stopped = await call.recordings.stop(request.name);
  if (stopped?.ok === true) return { kind: 'stopped', recording: stopped.value };
  if (stopped !== null) return failed('RECORDING_FAILED', stopped.error);
  const message = request.name === null ? 'There is no recording to stop.' : `There is no recording named "${request.name}".`;
  return failed('RECORDING_NOT_FOUND', message);
}

async function beep(call: CallInternals, wanted: boolean, signal: AbortSignal): Promise<Done | CallFailure> {
  const reached = await reachEar(call, [], signal);
  if (!reached.ok) return reached.error;
  if (!wanted) return DONE;
  const tone = { audio: [call.prompts.beep], loop: 1, gainDb: 0, bargeIn: false, stopKeys: '' };
  const end = await call.session.play(tone, signal);
  return end.kind === 'closed' ? sessionClosed(call) : DONE;
}
