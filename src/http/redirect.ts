import { err, ok, type Result } from '../lib/result.js';
import type { AnswerHeaders } from './answer-headers.js';
import type { Guard } from './guard.js';
import type { WireRequest } from './send-request.js';

/**
 * Header names that never follow a redirect to another origin (docs/behaviour.md#redirects); headers made from secrets are
 * treated the same.
 */
export const CREDENTIALS: ReadonlySet<string> = new Set(['authorization', 'proxy-authorization', 'cookie']);

/** RFC 9110 §15.4: the codes that send the client elsewhere. */
const REDIRECTS = new Set([301, 302, 303, 307, 308]);

/** True for a response that asks to be followed. */
export function isRedirect(status: number, headers: AnswerHeaders): boolean {
  return REDIRECTS.has(status) && headers.first('location') !== null;
}

/**
 * The request that follows a redirect, or the sentence why it is not followed: the guard refuses the target, or it leads from
 * https to http (docs/behaviour.md#redirects). Of several `Location` lines the first counts.
 *
 * @param secretHeaders lower-case names of headers that hold secrets
 */
export function nextHop(
  hop: WireRequest,
  response: { status: number; headers: AnswerHeaders },
  guard: Guard,
  secretHeaders: ReadonlySet<string>,
): Result<WireRequest, string> {
  const location = response.headers.first('location') ?? '';
  if (!URL.canParse(location, hop.url.href)) return err('the redirect has no valid target');
  const target = guard.url(new URL(location, hop.url).href);
  if (!target.ok) return err(`the redirect was not followed: ${target.error}`);
  const url = target.value;
  if (hop.url.protocol === 'https:' && url.protocol !== 'https:')
    return err('the redirect was not followed: it leads from https to http');
  const foreign = url.origin !== hop.url.origin;
  const rewritten = becomesGet(response.status, hop.method);
  const headers = hop.headers.filter(([name]) => {
    const key = name.toLowerCase();
    if (foreign && (CREDENTIALS.has(key) || secretHeaders.has(key))) return false;
    return !(rewritten && key.startsWith('content-'));
  });
  return ok({ method: rewritten ? 'GET' : hop.method, url, headers, body: rewritten ? null : hop.body });
}

/** RFC 9110 §15.4.2–4: 303 always turns into GET (but HEAD); 301 and 302 do for POST, as every client does. */
function becomesGet(status: number, method: string): boolean {
  if (status === 303) return method !== 'HEAD';
  return (status === 301 || status === 302) && method === 'POST';
}
