import type { SdpError, SdpErrorCode } from '../../media/types.js';
import type { Warning } from '../../sip/types.js';

/** Of RFC 3261 §20.43: miscellaneous, media type not available, incompatible media format. */
const WARNINGS: Readonly<Record<SdpErrorCode, number>> = { SDP_INVALID: 399, SDP_NO_AUDIO: 304, SDP_NO_COMMON_CODEC: 305 };

/** How an offer is refused that the media cannot answer (RFC 3261 §21.4.1, §21.4.26); the far end is told why (§13.3.1.3, §14.2). */
export function refusedOffer({ code, message, warning }: SdpError): { readonly status: number; readonly warning: Warning } {
  return { status: code === 'SDP_INVALID' ? 400 : 488, warning: { code: warning ?? WARNINGS[code], text: message } };
}
