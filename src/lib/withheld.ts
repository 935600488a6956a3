/** What a flow, a report and the API see in the place of a number that its caller withholds. */
export const ANONYMOUS = 'anonymous';

/** User parts that stand for “will not say” (RFC 3323 §4.1.1.3 and what networks send instead). */
const WITHHELD = /^(?:anonymous|restricted|private|withheld|unknown|unavailable)?$/i;

/**
 * True for a caller's number that tells nobody apart: everybody who withholds it looks the same, and nothing may be kept under it, so
 * that nobody finds what somebody else left.
 */
export function isWithheld(number: string): boolean {
  return WITHHELD.test(number.trim());
}
