import { reachEar, sessionClosed, type CallInternals } from './verb.js';
import type { AwaitKeyRequest, KeyAnswer } from '../../model/call-verbs.js';

/**
 * Waits for a press of one of `keys` (any when empty) while nothing collects; answers first if need be. Other keys, and those
 * pressed before, stay for the next collect. No music stops.
 */
export async function awaitKey(call: CallInternals, request: AwaitKeyRequest, signal: AbortSignal): Promise<KeyAnswer> {
  const reached = await reachEar(call, [], signal);
  if (!reached.ok) return reached.error;
  const end = await call.session.awaitKey(request.keys, signal);
  return end.kind === 'closed' ? sessionClosed(call) : end;
}
