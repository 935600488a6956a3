import type { ExchangeResult } from '../../http/client.js';
import { retryAfterMs } from '../../http/retry-after.js';

/*
 * Which failures another try can mend, and how long to wait before it (docs/behaviour.md#tries-and-fallback). Pure.
 */

/** First wait, ms; doubled for each further one. */
const FIRST_WAIT_MS = 100;

/**
 * True for a connection that could not be made or broke, a time-out, and the statuses of the list. Nothing else is tried again: not
 * another status, a certificate that cannot be trusted, an address the guard refuses, or an answer that is no HTTP.
 */
export function isTransient(result: ExchangeResult, statuses: readonly number[]): boolean {
  if (result.kind === 'failed') return result.failure === 'connection' || result.failure === 'timeout';
  return statuses.includes(result.status);
}

/** True when another address may do better: {@link isTransient}, no usable server at all, or one that is not asked for now. */
export function wantsFallback(result: ExchangeResult, statuses: readonly number[]): boolean {
  if (isTransient(result, statuses)) return true;
  return result.kind === 'failed' && ['tls', 'bad-response', 'circuit-open'].includes(result.failure);
}

/**
 * ms to wait before try number `n` (2, 3, …): 100, 200, 400 with a half of it by chance, and at least what the server asked for in
 * Retry-After (RFC 9110 §10.2.3), seconds or date.
 *
 * @param chance `random` in [0, 1), `now` wall-clock ms
 */
export function waitBefore(n: number, result: ExchangeResult, { random, now }: { random: number; now: number }): number {
  const wait = FIRST_WAIT_MS * 2 ** (n - 2) * (0.5 + random / 2);
  const asked = result.kind === 'response' ? retryAfterMs(result.headers, now) : null;
  return Math.max(wait, asked ?? 0);
}
