import type { CallFailure, Done, RecordingStarted, RecordRequest } from '../../model/call-verbs.js';
import { DONE, failed, makeAudible, sessionClosed, type LegInternals, type Verb } from './verb.js';

/** Starts a recording, after a beep if asked for; answers first if need be. */
export const startRecording: Verb<[RecordRequest], RecordingStarted | CallFailure> = async (leg, request, signal) => {
  const beeped = await beep(leg, request.beep, signal);
  if (beeped.kind === 'failed') return beeped;
  const started = await leg.recordings.start(request);
  if (started.ok) return { kind: 'started', id: started.value };
  return failed('RECORDING_FAILED', started.error);
};

async function beep(leg: LegInternals, wanted: boolean, signal: AbortSignal): Promise<Done | CallFailure> {
  const reached = await makeAudible(leg, [], signal);
  if (!reached.ok) return reached.error;
  if (!wanted) return DONE;
  const tone = { audio: [leg.prompts.beep], loop: 1, gainDb: 0, bargeIn: false, stopKeys: '' };
  const end = await leg.session.play(tone, signal);
  return end.kind === 'closed' ? sessionClosed(leg) : DONE;
}
