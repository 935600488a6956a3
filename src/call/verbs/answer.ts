import { makeAudible, DONE, type Verb } from './verb.js';
import type { CallFailure, Done } from '../../model/call-verbs.js';

/** Answers now; `done` at once when already answered. */
export const answer: Verb<[], Done | CallFailure> = async (leg, signal) => {
  const reached = await makeAudible(leg, [], signal);
  return reached.ok ? DONE : reached.error;
};
