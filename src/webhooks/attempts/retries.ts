import { type Clock, sleep } from '../../lib/clock.js';
import type { ExchangeResult } from '../../http/client.js';
import { isTransient, waitBefore } from './transient.js';

/** A try gets at least so much of what is left, ms: too short a share would turn a slow answer into none. */
const MIN_SHARE_MS = 1000;

/** With less than this left no further request is made, ms. */
const MIN_TRY_MS = 20;

/** One request, within so many ms. */
export type Send = (timeoutMs: number) => Promise<ExchangeResult>;

export interface RetryOptions {
  readonly clock: Clock;
  readonly random: { next(): number };
  /** Further tries after the first. */
  readonly retries: number;
  /** Statuses of answers that another try may mend. */
  readonly statuses: readonly number[];
  /** Requests that may still follow when the tries are used up: 1 with a fallback, else 0. */
  readonly reserved: number;
  /** Monotonic ms; nothing goes on after it. */
  readonly deadline: number;
  /** False as soon as the answer has come some other way: no further try is made. */
  readonly wanted: () => boolean;
  readonly signal: AbortSignal | undefined;
}

/**
 * Sends until an answer is there that no further try can mend, the tries are used up, or the time is. All tries share the time up to
 * the deadline: each gets an equal part of what is left for it and those that may follow, at least 1 s as far as there is so much.
 * When the server asks for a longer wait than there is time, no try is made and its answer stands. `attempts` counts all requests.
 * Rejects with `Aborted` only.
 */
export async function sendWithRetries(send: Send, options: RetryOptions): Promise<ExchangeResult> {
  const { clock, random, retries, reserved, deadline, signal } = options;
  let attempts = 0;
  for (let n = 1; ; n += 1) {
    const left = retries + 1 - n;
    const result = await send(share(deadline - clock.monotonic(), left + 1 + reserved));
    attempts += result.attempts;
    const all = { ...result, attempts };
    if (left === 0 || !isTransient(result, options.statuses) || !options.wanted()) return all;
    const wait = waitBefore(n + 1, result, { random: random.next(), now: clock.now() });
    if (wait + MIN_TRY_MS > deadline - clock.monotonic()) return all;
    await sleep(clock, wait, signal);
    if (!options.wanted()) return all;
  }
}

/** True when there is time for one more request before the deadline. */
export function hasTimeForRequest(clock: Clock, deadline: number): boolean {
  return deadline - clock.monotonic() >= MIN_TRY_MS;
}

function share(remainingMs: number, requests: number): number {
  return Math.max(1, Math.min(remainingMs, Math.max(remainingMs / requests, MIN_SHARE_MS)));
}
