import { reachEar, DONE, type CallInternals } from './verb.js';
import type { CallFailure, Done } from '../../model/call-verbs.js';

/** Answers now; `done` at once when already answered. */
export async function answer(call: CallInternals, signal: AbortSignal): Promise<Done | CallFailure> {
  const reached = await reachEar(call, [], signal);
  return reached.ok ? DONE : reached.error;
}
