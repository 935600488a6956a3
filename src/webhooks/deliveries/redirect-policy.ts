import type { ExchangeResult } from '../../http/client.js';
import { isRedirect } from '../../http/redirect.js';
import type { RedirectPolicy } from '../../model/delivery.js';

/** Redirects that are followed. */
const MOST_FOLLOWED = 5;

/** How many redirects the client follows. */
export function maxRedirects(way: RedirectPolicy): number {
  return way === 'follow' ? MOST_FOLLOWED : 0;
}

/** RFC 9110 §15.4.8, §15.4.9: the same request is wanted elsewhere, so nothing was done here. */
const SAME_REQUEST = new Set([307, 308]);

/** What a redirect makes of an attempt; null when the answer is none. `error`: permanent, since every further try would be one more copy. */
export function redirectOutcome(result: ExchangeResult, way: RedirectPolicy): { readonly error: string | null } | null {
  if (result.kind !== 'response' || !isRedirect(result.status, result.headers)) return null;
  const { status, note } = result;
  if (way === 'delivered' && !SAME_REQUEST.has(status)) return { error: null };
  if (way === 'follow') return { error: `WEBHOOK_REDIRECTED: the server answered ${status}${note === null ? '' : `; ${note}`}` };
  const advice = SAME_REQUEST.has(status)
    ? 'give the webhook the URL that it names, or set redirects to follow'
    : 'set redirects of the webhook to delivered if the work is done by then, else to follow';
  return { error: `WEBHOOK_REDIRECTED: the server answered ${status} and sends on to another address; ${advice}` };
}
