import { Aborted } from '../../lib/clock.js';
import { openScope, type StepScope } from './step-scope.js';
import type { Contestant, Contestants, Operations } from '../widget.js';

/**
 * Runs the contestants at once, all on ports that end with the race, until one of them gives something else than null. Rejects as
 * soon as one of them does, and when all have stepped aside. What a loser still waits for is aborted before the winner is told; it
 * leaves a question without an answer in the journal.
 *
 * @param scope the step, or the race around this one
 * @param bind makes the ports of a scope
 * @param onStray called with an error that a losing branch throws after the end; no other code sees it
 */
export async function race<T>(
  scope: StepScope,
  contestants: Contestants<T>,
  bind: (scope: StepScope) => Operations,
  onStray: (error: unknown) => void,
): Promise<T> {
  const own = openScope(scope.step, scope.ended);
  const ports = bind(own);
  let running = contestants.length;
  const enter = async (contestant: Contestant<T>): Promise<T> => {
    try {
      const result = await contestant(ports);
      if (result !== null) return result;
    } catch (error) {
      if (own.closed && !(error instanceof Aborted)) onStray(error);
      throw error;
    }
    running -= 1;
    if (running === 0) throw new Error('every contestant of a race stepped aside');
    return new Promise<never>(() => undefined);
  };
  try {
    return await Promise.race(contestants.map(enter));
  } finally {
    own.close();
  }
}
