import { type Clock, untilAborted } from '../../lib/clock.js';
import { AnswerHeaders } from '../../http/answer-headers.js';
import type { ExchangeResult } from '../../http/client.js';
import type { PendingAnswer } from './resume-urls.js';
import type { DeferredAnswer } from '../../model/deferred-answer.js';

/** The status by which a service says that it will answer later (RFC 9110 §15.3.3). */
const ACCEPTED = 202;

/** No answer is a form: `curl -d` and its like say so of whatever they send when nobody says what it is. Then the text itself tells. */
const FORM = /^\s*(?:$|application\/x-www-form-urlencoded\b)/iu;

export interface DeferredOptions {
  readonly clock: Clock;
  /** From the 202 on, ms. */
  readonly laterMs: number;
  readonly signal: AbortSignal | undefined;
}

/** A result, and whether it came to the resume URL. */
export interface SettledAnswer {
  readonly result: ExchangeResult;
  readonly later: boolean;
}

/**
 * The answer of a service that may answer later: the direct one, unless it is a 202; then the one at the resume URL. One that comes to the
 * resume URL before the direct answer counts at once; the request is then left to end by itself, within its own time, so that a service
 * which resumes before it answers is not cut off. Rejects with `Aborted` only.
 */
export async function awaitDeferredAnswer(
  direct: Promise<ExchangeResult>,
  pending: PendingAnswer,
  options: DeferredOptions,
): Promise<SettledAnswer> {
  const early = pending.answer.then((answer): SettledAnswer => ({ result: resultOf(answer), later: true }));
  const settled = await Promise.race([direct.then((result): SettledAnswer => ({ result, later: false })), early]);
  if (settled.later || settled.result.kind !== 'response' || settled.result.status !== ACCEPTED) return settled;
  return waitForLate(early, options);
}

async function waitForLate(late: Promise<SettledAnswer>, { clock, laterMs, signal }: DeferredOptions): Promise<SettledAnswer> {
  let cancel = (): void => undefined;
  const detail = `the service promised an answer (202) and sent none within ${laterMs / 1000} s`;
  const missed: SettledAnswer = { result: { kind: 'failed', failure: 'timeout', detail, attempts: 0, ms: 0 }, later: false };
  const timeUp = new Promise<SettledAnswer>((resolve) => {
    cancel = clock.after(laterMs, () => {
      resolve(missed);
    });
  });
  try {
    return await untilAborted(Promise.race([late, timeUp]), signal ?? new AbortController().signal);
  } finally {
    cancel();
  }
}

/** A late answer as if it had come directly. */
function resultOf({ status, contentType, body }: DeferredAnswer): ExchangeResult {
  const headers = new AnswerHeaders(FORM.test(contentType) ? {} : { 'content-type': contentType });
  const filled = body.length === 0 ? null : body;
  return { kind: 'response', status, headers, body: filled, problem: null, note: null, attempts: 0, ms: 0 };
}
