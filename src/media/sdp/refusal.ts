import type { SessionDescription } from 'sdp-transform';

type MediaLine = SessionDescription['media'][number];

/** Of RFC 3261 §20.43: incompatible transport protocol, media type not available. */
const TRANSPORT_PROTOCOL = 302;
const MEDIA_TYPE = 304;
/** Kinds of lines that are named; an offer with more has said enough. */
const MOST_NAMED = 4;

/** A sentence for the far end's people about an offer without audio that we take: what it holds, and what it should. */
export function whatIsOffered(media: readonly MediaLine[]): { readonly message: string; readonly warning: number } {
  const enabled = media.filter(({ port }) => port !== 0);
  const kinds = [...new Set((enabled.length === 0 ? media : enabled).map(kindOf))].slice(0, MOST_NAMED);
  return {
    message: `The session description offers no audio over RTP/AVP or RTP/AVPF, but ${kinds.join(', ')}.`,
    warning: enabled.some(({ type }) => type === 'audio') ? TRANSPORT_PROTOCOL : MEDIA_TYPE,
  };
}

function kindOf(line: MediaLine): string {
  const type = line.type.slice(0, 20);
  const protocol = line.protocol.slice(0, 40);
  if (line.port === 0) return `${type} that is switched off (port 0)`;
  if (type === 'image') return `fax (T.38, ${protocol})`;
  if (/TLS.*SAVPF?$/i.test(protocol)) return `${type} encrypted with DTLS-SRTP (${protocol})`;
  if (/SAVPF?$/i.test(protocol)) return `${type} encrypted with SRTP (${protocol})`;
  return `${type} (${protocol})`;
}
