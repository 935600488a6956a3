import { isWithheld } from '../lib/withheld.js';

/**
 * Whose stored variables (`$user.key.*`) a call reads and writes: the caller's number, or null when it is withheld. Everybody who
 * withholds it looks the same, and must not find what somebody else left.
 */
export function contactOf(cli: string): string | null {
  return isWithheld(cli) ? null : cli;
}
