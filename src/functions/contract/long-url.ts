import { err, ok, type Result } from '../../lib/result.js';

/** Longest address behind a short link, characters. */
export const MAX_LONG_URL = 2048;

/**
 * The address a short link may lead to: http or https, without credentials, in its normal form (so that what is shown is what a
 * browser opens). The error is a sentence part.
 */
export function readLongUrl(text: string): Result<string, string> {
  if (text.length > MAX_LONG_URL) return err(`has more than ${MAX_LONG_URL} characters`);
  if (!URL.canParse(text)) return err('is no address such as https://shop.example/offer');
  const url = new URL(text);
  if (url.protocol !== 'https:' && url.protocol !== 'http:') return err('must begin with https:// or http://');
  if (url.username !== '' || url.password !== '') return err('must not hold a name or password');
  return ok(url.href);
}
