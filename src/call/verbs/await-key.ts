import { makeAudible, sessionClosed, type Verb } from './verb.js';
import type { AwaitKeyRequest, KeyAnswer } from '../../model/call-verbs.js';

/**
 * Waits for a press of one of `keys` (any when empty) while nothing collects; answers first if need be. Other keys, and those
 * pressed before, stay for the next collect. No music stops.
 */
export const awaitKey: Verb<[AwaitKeyRequest], KeyAnswer> = async (leg, request, signal) => {
  const reached = await makeAudible(leg, [], signal);
  if (!reached.ok) return reached.error;
  const end = await leg.session.awaitKey(request.keys, signal);
  return end.kind === 'closed' ? sessionClosed(leg) : end;
};
