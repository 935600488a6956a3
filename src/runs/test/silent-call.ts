import type { CallPort } from '../../flow/ports.js';
import { untilAborted } from '../../lib/clock.js';
import { CALL } from '../../model/operations.js';

/** A call with nobody on it: whatever is said to it is over at once, and it presses no keys. What each verb answers stands in its row. */
export function silentCall(): CallPort {
  const verbs = Object.entries(CALL).map(([verb, row]) => {
    const answer = (...args: readonly unknown[]): Promise<unknown> =>
      row.silent === undefined
        ? untilAborted(new Promise<never>(() => undefined), args.at(-1) as AbortSignal)
        : Promise.resolve(row.silent);
    return [verb, answer];
  });
  return Object.fromEntries(verbs) as CallPort;
}
