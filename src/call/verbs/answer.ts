import { reachEar, DONE, type CallFailure, type CallInternals, type Done } from './verb.js';

/** Answers now; `done` at once when already answered. */
export async function answer(call: CallInternals, signal: AbortSignal): Promise<Done | CallFailure> {
  const reached = await reachEar(call, [], signal);
  return reached.ok ? DONE : reached.error;
}
