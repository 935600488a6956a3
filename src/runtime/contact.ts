/** User parts that stand for "will not say" (RFC 3323 §4.1.1.3 and what networks send instead). */
const WITHHELD = /^(?:anonymous|restricted|private|unknown|unavailable)?$/i;

/**
 * Whose stored variables (`$user.key.*`) a call reads and writes: the caller's number, or null when it is withheld. Everybody who
 * withholds it looks the same, and must not find what somebody else left.
 */
export function contactOf(cli: string): string | null {
  return WITHHELD.test(cli) ? null : cli;
}
