import { DONE, type Verb } from './verb.js';
import type { Done, HangupRequest } from '../../model/call-verbs.js';
import { END_REASONS } from '../termination.js';

/**
 * Ends the call with a Q.850 cause; an unanswered one is refused with the SIP status that belongs to it
 * (docs/behaviour.md#hangup-causes).
 */
export const hangup: Verb<[HangupRequest], Done> = (leg, { cause, reason }) => {
  leg.end(reason === 'prompt-failed' ? END_REASONS.promptFailed(cause) : END_REASONS.hangup(cause));
  return Promise.resolve(DONE);
};
