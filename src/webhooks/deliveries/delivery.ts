import type { ExchangeResult } from '../../http/client.js';
import { retryAfterMs } from '../../http/retry-after.js';
import type { Delivery, DeliveryState } from '../../model/delivery.js';

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
  /** Attempts under way to one host; one that did not answer last time gets one at a time. */
  readonly perHost: number;
  /** Attempts under way altogether. */
  readonly concurrency: number;
  /** How long a claimed delivery is ours; longer than any attempt. After a crash it is free again when this is over. ms. */
  readonly leaseMs: number;
}

/**
 * At once, then after 5 s, 5 min, 30 min, 2 h, 5 h, 10 h, 10 h (eight tries in 27 h 35 min 5 s, as Standard Webhooks senders do) and
 * a ninth 12 h later, so that an outage of a day and a half costs nothing. Each wait is longer by up to a tenth, at random.
 */
export const DELIVERY_POLICY: DeliveryPolicy = {
  timeoutMs: 10_000,
  retryAfterMs: [5, 300, 1800, 7200, 18_000, 36_000, 36_000, 43_200].map((seconds) => seconds * 1000),
  jitter: 0.1,
  maxRetryAfterMs: 86_400_000,
  perHost: 4,
  concurrency: 32,
  leaseMs: 60_000,
};

/** Longest that may lie between two attempts, ms. */
export function longestWaitMs({ retryAfterMs: waits, jitter, maxRetryAfterMs }: DeliveryPolicy): number {
  return Math.max(maxRetryAfterMs, ...waits) * (1 + jitter);
}

/** Cause of deliveries whose target answered 410. */
export const ENDPOINT_GONE = 'endpoint gone';

/** RFC 9110 §15.5.11: the target never wants anything more. */
export function isGone(result: ExchangeResult): boolean {
  return result.kind === 'response' && result.status === 410;
}

/** Longest of what an attempt tells about itself. */
const MAX_ERROR = 300;

/**
 * 2xx is success; everything else is told in one sentence part.
 *
 * @param mask takes secrets out, before the text is cut: half a secret would not be found
 */
export function attemptError(result: ExchangeResult, mask: (text: string) => string = (text) => text): string | null {
  if (result.kind === 'failed') return mask(`${result.failure}: ${result.detail}`).slice(0, MAX_ERROR);
  return result.status >= 200 && result.status < 300 ? null : `the server answered ${result.status}`;
}

/**
 * Whether it has one try only: the one before it in its stream was given up after the whole schedule, and to go through that for each of
 * them would hold the last one up for weeks. One that gets through ends this for those behind it; one that was replayed has its schedule.
 */
export function hasOneTry({ behindDead, replayedAfter = 0 }: Pick<Delivery, 'behindDead' | 'replayedAfter'>): boolean {
  return behindDead === true && replayedAfter === 0;
}

/**
 * State and next wait after an attempt. 410 ends it at once.
 *
 * @param n number of the attempt, from 1; a delivery that was replayed begins at 1 again
 * @param random a float in [0, 1) for the jitter
 */
export function afterAttempt(
  policy: DeliveryPolicy,
  n: number,
  result: ExchangeResult,
  { now, random }: { now: number; random: number },
): { readonly state: DeliveryState; readonly waitMs: number | null } {
  if (attemptError(result) === null) return { state: 'delivered', waitMs: null };
  const wait = policy.retryAfterMs[n - 1];
  if (wait === undefined || isGone(result)) return { state: 'dead', waitMs: null };
  const asked = result.kind === 'response' ? retryAfterMs(result.headers, now) : null;
  const least = Math.min(asked ?? 0, policy.maxRetryAfterMs);
  return { state: 'pending', waitMs: Math.round(Math.max(wait * (1 + policy.jitter * random), least)) };
}
