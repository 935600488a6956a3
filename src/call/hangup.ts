import { DONE, type CallInternals, type Done } from './operation.js';
import { ENDINGS } from './termination.js';

/** Ends the call with a Q.850 cause; an unanswered one is refused with the SIP status that belongs to it (spec section 5.7). */
export function hangup(call: CallInternals, request: { readonly cause: number }): Promise<Done> {
  call.end(ENDINGS.hangup(request.cause));
  return Promise.resolve(DONE);
}
