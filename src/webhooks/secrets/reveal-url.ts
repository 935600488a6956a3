import { percentEncode } from '../../lib/percent-encode.js';
import type { Result } from '../../lib/result.js';
import type { SecretText } from '../../model/webhook.js';
import type { SecretReader } from '../ports.js';
import { reveal, type Revealed } from './secrets.js';

/** Puts secrets into a URL: in scheme or host as they stand, in path and query as one encoded value. */
export function revealUrl(url: SecretText, secrets: SecretReader): Result<Revealed, string> {
  return reveal(url, secrets, encodeInUrl);
}

function encodeInUrl(value: string, before: string): string {
  return /^[a-z][a-z0-9+.-]*:\/\/[^/?#]+[/?#]/iu.test(before) ? percentEncode(value) : value;
}
