import type { HeaderTable } from './headers.js';
import { bodyParts, type BodyPart } from './multipart.js';

/** What a message carries as far as SDP goes. */
export type SdpBody =
  { readonly kind: 'none' } | { readonly kind: 'sdp'; readonly sdp: string } | { readonly kind: 'refused'; readonly status: 415 };

const REFUSED: SdpBody = { kind: 'refused', status: 415 };

/**
 * The SDP of a message, plain or as a part of a multipart body (RFC 5621), as exchanges send it beside ISUP, location or recording
 * data. Another type alone, an encoding, or a part that says it must be understood is refused with 415 (RFC 3261 §8.2.3); a body
 * without a Content-Type too (§20.15 requires one).
 */
export function readBody(headers: HeaderTable, body: string | undefined): SdpBody {
  if (body === undefined || body.trim() === '') return { kind: 'none' };
  if (isEncoded(headers.get('Content-Encoding'))) return REFUSED;
  const type = headers.get('Content-Type') ?? '';
  if (isSdp(type)) return { kind: 'sdp', sdp: body };
  return /^multipart\//i.test(type.trim()) ? readParts(bodyParts(type, body) ?? []) : REFUSED;
}

/**
 * Parts we do not know are passed over unless they ask for `handling=required` in so many words. By RFC 5621 that is the default, but
 * those who leave it out are common and do not mean it.
 */
function readParts(parts: readonly BodyPart[]): SdpBody {
  const sdp = parts.find(
    ({ headers }) => isSdp(headers.get('content-type') ?? '') && !isEncoded(headers.get('content-encoding')),
  );
  const demanding = parts.some(
    (part) => part !== sdp && /;\s*handling\s*=\s*"?required/i.test(part.headers.get('content-disposition') ?? ''),
  );
  return sdp === undefined || demanding ? REFUSED : { kind: 'sdp', sdp: sdp.body };
}

function isSdp(type: string): boolean {
  return type.split(';', 1)[0]?.trim().toLowerCase() === 'application/sdp';
}

function isEncoded(encoding: string | null | undefined): boolean {
  return (encoding?.trim().toLowerCase() ?? 'identity') !== 'identity';
}
