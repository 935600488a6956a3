import type { CallFailure, RecordingStopped, StopRecordingRequest } from '../../model/call-verbs.js';
import { failed, type Verb } from './verb.js';

/** Stops the recording of that name, or the newest when null. One that stopped by itself is answered too. */
export const stopRecording: Verb<[StopRecordingRequest], RecordingStopped | CallFailure> = async (leg, { name }) => {
  const stopped = await leg.recordings.stop(name);
  if (stopped?.ok === true) return { kind: 'stopped', recording: stopped.value };
  if (stopped !== null) return failed('RECORDING_FAILED', stopped.error);
  const message = name === null ? 'There is no recording to stop.' : `There is no recording named "${name}".`;
  return failed('RECORDING_NOT_FOUND', message);
};
