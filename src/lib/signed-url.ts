import { createHmac, timingSafeEqual } from 'node:crypto';

/*
 * Links that work without a key, until they expire: an HMAC-SHA256 over method, path and time of expiry. A link opens one file for
 * one method and nothing else; nothing is stored for it.
 */

/** What a signature covers. */
export interface Signable {
  /** HTTP method, upper case. */
  readonly method: string;
  /** Path without query, exactly as it stands in the link. */
  readonly path: string;
  /** Moment of expiry, whole seconds since the Unix epoch. */
  readonly expires: number;
}

/** Longest time a link may be signed for: ten years, in seconds. Keeps `expires` a small number. */
const MAX_LIFE_SECONDS = 10 * 366 * 86_400;

function signature(key: Uint8Array, { method, path, expires }: Signable): string {
  return createHmac('sha256', key).update(`${method}\n${path}\n${expires}`).digest('base64url');
}

/**
 * The path with `expires` and `signature`, good for a GET until `lifeMs` after `now` (wall-clock ms).
 * @param key at least 32 random bytes
 */
export function signPath(
  key: Uint8Array,
  path: string,
  { now, lifeMs }: { readonly now: number; readonly lifeMs: number },
): string {
  if (key.length < 32) throw new RangeError('a signing key has at least 32 bytes');
  const expires = Math.floor(now / 1000) + Math.min(Math.ceil(lifeMs / 1000), MAX_LIFE_SECONDS);
  return `${path}?expires=${expires}&signature=${signature(key, { method: 'GET', path, expires })}`;
}

/** The two query values of a signed link, as received. */
export interface ReceivedSignature {
  readonly expires: string;
  readonly signature: string;
}

/** Whether a signature is ours, and still good at `now` (wall-clock ms). Compares in constant time. */
export function verifyPath(
  key: Uint8Array,
  request: { readonly method: string; readonly path: string; readonly now: number },
  received: ReceivedSignature,
): 'ok' | 'expired' | 'invalid' {
  if (!/^[1-9]\d{0,11}$/.test(received.expires)) return 'invalid';
  const expires = Number(received.expires);
  const expected = Buffer.from(signature(key, { method: request.method, path: request.path, expires }));
  const actual = Buffer.from(received.signature);
  if (actual.length !== expected.length || !timingSafeEqual(actual, expected)) return 'invalid';
  return request.now < expires * 1000 ? 'ok' : 'expired';
}
