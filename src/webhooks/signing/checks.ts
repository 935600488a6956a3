/*
 * What a receiver checks of a signed request, and what came of each check; the same for both kinds of signatures.
 */

/** One check by name: `null` when there was nothing to check it with. */
export interface Check {
  readonly name: 'signed' | 'form' | 'algorithm' | 'signature' | 'claims' | 'fresh' | 'unused' | 'payload';
  readonly passed: boolean | null;
  /** A sentence part. */
  readonly detail: string;
}

export interface VerificationResult {
  /** No check failed, and the signature was among them. */
  readonly valid: boolean;
  /** In the order they were made; nothing is checked behind a failed signature. */
  readonly checks: readonly Check[];
  /**
   * Answer of a receiver: 2xx when valid. An unsigned request is to be sent again, signed (docs/behaviour.md#unsigned-requests).
   */
  readonly status: 200 | 401 | 503;
}

/** How a receiver takes what is signed right. */
export interface ReceiverOptions {
  /** Wall-clock ms. */
  readonly now: number;
  /** How old or how far ahead a request may be, seconds; null: any age. */
  readonly freshSeconds: number | null;
  /** Remembers what was received; null: repeats are taken. */
  readonly seen: SeenIds | null;
}

/** How old a signed request may be, seconds (docs/behaviour.md#verification-order). */
export const FRESH_SECONDS = 300;

/** Ids of requests that were taken, for as long as they are fresh. */
export interface SeenIds {
  /** False when it was there already. */
  add(id: string, now: number): boolean;
}

/** Puts the checks together. */
export function verdict(checks: readonly Check[]): VerificationResult {
  const failed = checks.find(({ passed }) => passed === false);
  const valid = failed === undefined && checks.some(({ name, passed }) => name === 'signature' && passed === true);
  return { valid, checks, status: valid ? 200 : failed?.name === 'signed' ? 503 : 401 };
}

/** Whether a time lies within the window of `now`. */
export function freshCheck(atSeconds: number, { now, freshSeconds }: Pick<ReceiverOptions, 'now' | 'freshSeconds'>): Check {
  const age = Math.round(now / 1000 - atSeconds);
  const detail = age < 0 ? `${-age} s in the future` : `${age} s old`;
  if (freshSeconds === null) return { name: 'fresh', passed: null, detail };
  return { name: 'fresh', passed: Math.abs(age) <= freshSeconds, detail: `${detail}, at most ${freshSeconds} s are taken` };
}

/** Whether an id comes for the first time. Only for requests that passed everything else: nobody else may use an id up. */
export function unusedCheck(id: string, { now, seen }: Pick<ReceiverOptions, 'now' | 'seen'>): Check {
  if (seen === null) return { name: 'unused', passed: null, detail: 'repeats are not looked for' };
  const fresh = seen.add(id, now);
  return { name: 'unused', passed: fresh, detail: fresh ? 'it comes for the first time' : 'it was received before' };
}
