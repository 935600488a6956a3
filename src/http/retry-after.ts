import type { AnswerHeaders } from './answer-headers.js';

/** What the server asked for in Retry-After (RFC 9110 §10.2.3), ms from `now`, or null. Of several lines the first counts. */
export function retryAfterMs(headers: AnswerHeaders, now: number): number | null {
  const header = headers.first('retry-after');
  if (header === null) return null;
  const seconds = /^\s*(\d+)\s*(?:,|$)/u.exec(header)?.[1];
  if (seconds !== undefined) return Number(seconds) * 1000;
  const date = Date.parse(header);
  return Number.isNaN(date) ? null : Math.max(0, date - now);
}
