import { DONE, type CallInternals, type Done } from './verb.js';
import { ENDINGS } from '../termination.js';

export interface HangupRequest {
  /** Q.850 */
  readonly cause: number;
  /** What the caller was to hear last could not be played; an ordinary hangup when absent. */
  readonly reason?: 'prompt-failed';
}

/**
 * Ends the call with a Q.850 cause; an unanswered one is refused with the SIP status that belongs to it
 * (docs/behaviour.md#hangup-causes).
 */
export function hangup(call: CallInternals, request: HangupRequest): Promise<Done> {
  const { cause, reason } = request;
  call.end(reason === 'prompt-failed' ? ENDINGS.promptFailed(cause) : ENDINGS.hangup(cause));
  return Promise.resolve(DONE);
}
