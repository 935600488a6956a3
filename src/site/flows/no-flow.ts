import { type LoadedFlows, missingFlow } from './flows.js';
import { refusal, type Refusal } from '../../model/refusal.js';

/** A flow that was asked for and cannot be had, as a refusal: there is none of this id, or its file is not fit to run. */
export function noFlow(id: string, broken: LoadedFlows['broken']): Refusal {
  const why = missingFlow(id, broken);
  return refusal(broken.has(id) ? 'FLOW_BROKEN' : 'API_NOT_FOUND', `${why.charAt(0).toUpperCase()}${why.slice(1)}.`);
}
