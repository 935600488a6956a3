import type { HeaderTable } from './headers.js';

/** What a message carries as far as SDP goes. */
export type Body =
  { readonly kind: 'none' } | { readonly kind: 'sdp'; readonly sdp: string } | { readonly kind: 'refused'; readonly status: 415 };

/**
 * The SDP of a message. Anything but plain `application/sdp` (other types, multipart, an encoding) is refused with 415
 * (RFC 3261 §8.2.3); a body without a Content-Type too (§20.15 requires one).
 */
export function readBody(headers: HeaderTable, body: string | undefined): Body {
  if (body === undefined || body.trim() === '') return { kind: 'none' };
  const type = (headers.get('Content-Type') ?? '').split(';', 1)[0]?.trim().toLowerCase();
  const encoding = headers.get('Content-Encoding')?.trim().toLowerCase() ?? 'identity';
  if (type !== 'application/sdp' || encoding !== 'identity') return { kind: 'refused', status: 415 };
  return { kind: 'sdp', sdp: body };
}
