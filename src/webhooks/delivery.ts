import type { ExchangeResult } from './client.js';
import type { DeliveryState } from './ports.js';

/*
 * What becomes of a delivery after an attempt. Pure; the schedule is data.
 */

/** How deliveries are tried; configuration data. */
export interface DeliveryPolicy {
  /** Of one attempt, everything included, ms. */
  readonly timeoutMs: number;
  /** Waits before the 2nd, 3rd, … attempt, ms. After the last one the delivery is dead. */
  readonly retryAfterMs: readonly number[];
  /** Part of a wait that is added at random, 0–0.2, so that many deliveries do not come back in one moment. */
  readonly jitter: number;
  /** Longest wait a server may ask for with Retry-After, ms. */
  readonly maxRetryAfterMs: number;
  /** Attempts under way to one host. */
  readonly perHost: number;
  /** Attempts under way altogether. */
  readonly concurrency: number;
  /** How long a claimed delivery is ours; longer than any attempt. After a crash it is free again when this is over. ms. */
  readonly leaseMs: number;
}

/** Section 5.2: 10 s timeout; 10 s, 1 min, 5 min, 30 min, 2 h. */
export const DELIVERY_POLICY: DeliveryPolicy = {
  timeoutMs: 10_000,
  retryAfterMs: [10_000, 60_000, 300_000, 1_800_000, 7_200_000],
  jitter: 0.1,
  maxRetryAfterMs: 7_200_000,
  perHost: 4,
  concurrency: 32,
  leaseMs: 60_000,
};

/** Longest that may lie between two attempts, ms. */
export function longestWaitMs({ retryAfterMs: waits, jitter, maxRetryAfterMs }: DeliveryPolicy): number {
  return Math.max(maxRetryAfterMs, ...waits) * (1 + jitter);
}

/** Longest of what an attempt tells about itself. */
const MAX_ERROR = 300;

/** 2xx is success; everything else is told in one sentence part. */
export function attemptError(result: ExchangeResult): string | null {
  if (result.kind === 'failed') return `${result.failure}: ${result.detail}`.slice(0, MAX_ERROR);
  return result.status >= 200 && result.status < 300 ? null : `the server answered ${result.status}`;
}

/** What the server asked for in Retry-After (RFC 9110 §10.2.3), ms from `now`, or null. */
export function retryAfterMs(header: string | undefined, now: number): number | null {
  if (header === undefined) return null;
  if (/^\s*\d{1,9}\s*$/u.test(header)) return Number(header) * 1000;
  const date = Date.parse(header);
  return Number.isNaN(date) ? null : Math.max(0, date - now);
}

/**
 * State and next wait after attempt number `n` (from 1). 410 ends it at once; a dead delivery that is replayed goes through
 * the schedule from its beginning.
 *
 * @param random a float in [0, 1) for the jitter
 */
export function afterAttempt(
  policy: DeliveryPolicy,
  n: number,
  result: ExchangeResult,
  { now, random }: { now: number; random: number },
): { readonly state: DeliveryState; readonly waitMs: number | null } {
  if (attemptError(result) === null) return { state: 'delivered', waitMs: null };
  const wait = policy.retryAfterMs[(n - 1) % (policy.retryAfterMs.length + 1)];
  if (wait === undefined || (result.kind === 'response' && result.status === 410)) return { state: 'dead', waitMs: null };
  const asked = result.kind === 'response' ? retryAfterMs(result.headers['retry-after'], now) : null;
  const least = Math.min(asked ?? 0, policy.maxRetryAfterMs);
  return { state: 'pending', waitMs: Math.round(Math.max(wait * (1 + policy.jitter * random), least)) };
}
